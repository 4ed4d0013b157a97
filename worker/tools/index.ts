import { githubGetMe } from './githubGetMe.ts';
import type { Tool } from './tool.ts';

/** Every tool of this worker, in the order clients see. */
export const tools: readonly Tool[] = [githubGetMe];
