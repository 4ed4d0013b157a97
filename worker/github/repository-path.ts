import { z } from 'zod';
import { invalidQuery } from './row-failure.ts';

export const ownerField = z.string().min(1).max(100).describe('User or organization, as in its URL.');
export const repoField = z.string().min(1).max(100).describe('Repository name without its owner.');

const OWNER = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;
const REPO = /^[A-Za-z0-9._-]+$/;

/** @throws RowFailure for a name GitHub could not have given; such a name may be a way into another path. */
export function requireOwner(owner: string): string {
  if (OWNER.test(owner)) return owner;
  throw invalidQuery('owner may hold letters, digits, - and _ only');
}

/** @throws RowFailure like `requireOwner`. */
export function requireRepo(repo: string): string {
  if (REPO.test(repo) && repo !== '.' && repo !== '..') return repo;
  throw invalidQuery('repo may hold letters, digits, -, _ and . only, without the owner');
}

/**
 * The segments of a file's path within its repository.
 * @throws RowFailure for an empty, `.` or `..` segment, and for control characters.
 */
export function requireFilePath(path: string): string[] {
  const segments = path.split('/');
  const isSafe = segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (isSafe && path.isWellFormed() && !/\p{Cc}/u.test(path)) return segments;
  throw invalidQuery('path must be relative to the repository, without empty, "." or ".." parts');
}

/** @throws RowFailure for what `git check-ref-format` refuses; revision syntax such as `HEAD~1` is not offered. */
export function requireRef(ref: string): string {
  const isRef = !/[\s\p{Cc}~^:?*[\\]|\.\.|@\{|\/\/|^[-/]|[/.]$/u.test(ref) && ref.isWellFormed();
  if (isRef) return ref;
  throw invalidQuery('ref must be the name of a branch or tag, or a commit id');
}
