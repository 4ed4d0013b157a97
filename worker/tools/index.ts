import { githubGetFileContent } from './githubGetFileContent.ts';
import { githubGetMe } from './githubGetMe.ts';
import { CODE_SEARCH_ENDPOINT, githubSearchCode } from './githubSearchCode.ts';
import { CONTENTS_ENDPOINT, REPOSITORY_ENDPOINT } from './read-content.ts';
import type { Tool } from './tool.ts';

/** Every tool of this worker, in the order clients see. */
export const tools: readonly Tool[] = [githubSearchCode, githubGetFileContent, githubGetMe];

/** Every endpoint the tools call, as the metric of GitHub calls names them. */
export const GITHUB_ENDPOINTS: readonly string[] = [
  '/user',
  CODE_SEARCH_ENDPOINT,
  REPOSITORY_ENDPOINT,
  CONTENTS_ENDPOINT,
];
