import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { SimulatorState } from './state.ts';

const timestamp = z.number().optional();
const scopes = z.array(z.string());

const tokenRecord = z
  .strictObject({
    id: z.int(),
    accessToken: z.string(),
    clientId: z.string(),
    userId: z.int(),
    scopes,
    createdAt: z.number(),
    expiresAt: timestamp,
    refresh: z.strictObject({ token: z.string(), expiresAt: z.number() }).optional(),
    viaDevice: z.boolean(),
  })
  .transform((record) => ({ ...record, expiresAt: record.expiresAt, refresh: record.refresh }));

const deviceCode = z
  .strictObject({
    deviceCode: z.string(),
    userCode: z.string(),
    clientId: z.string(),
    scopes: scopes.optional(),
    offline: z.boolean(),
    expiresAt: z.number(),
    entered: z.boolean(),
    intervalSeconds: z.number(),
    lastPollAt: timestamp,
    decision: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('approved'), userId: z.int(), scopes }),
        z.strictObject({ kind: z.literal('denied') }),
      ])
      .optional(),
  })
  .transform((code) => ({
    ...code,
    scopes: code.scopes,
    lastPollAt: code.lastPollAt,
    decision: code.decision,
  }));

const fileSchema = z.strictObject({
  version: z.literal(1),
  lastTokenId: z.int(),
  tokens: z.array(tokenRecord),
  grants: z.record(z.string(), scopes),
  deviceCodes: z.array(deviceCode),
});

/** Keeps tokens, grants and device codes in a file, so that they outlive the process. */
export interface StateFile {
  /** Saves what an answer tells of before the answer leaves; cuts the connection if it cannot. */
  readonly saveFirst: RequestHandler;
}

/**
 * Loads the file into the state and saves to it from then on. A file that is not there yet is empty.
 *
 * @throws Error for a file that cannot be read or was not written by a simulator.
 */
export function openStateFile(path: string, state: SimulatorState): StateFile {
  let saved = load(path, state);
  const save = (): void => {
    const text = serialise(state);
    if (text !== saved) replaceFile(path, text);
    saved = text;
  };
  return {
    saveFirst: (_request, response, next) => {
      beforeEnd(response, () => {
        try {
          save();
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
          process.emitWarning(`the state file cannot be written: ${code}`);
          // A token the client holds must outlive a restart: rather none.
          response.socket?.destroy();
        }
      });
      next();
    },
  };
}

function load(path: string, state: SimulatorState): string {
  const text = readIfThere(path);
  if (text === undefined) return '';
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`the state file ${path} was not written by this simulator`);
  const { lastTokenId, tokens, grants, deviceCodes } = parsed.data;
  state.lastTokenId = lastTokenId;
  for (const token of tokens) state.tokens.set(token.accessToken, token);
  for (const [key, granted] of Object.entries(grants)) state.grants.set(key, new Set(granted));
  for (const code of deviceCodes) state.deviceCodes.set(code.deviceCode, code);
  return text;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new Error(`the state file ${path} cannot be read`, { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function serialise(state: SimulatorState): string {
  const content: z.input<typeof fileSchema> = {
    version: 1,
    lastTokenId: state.lastTokenId,
    tokens: [...state.tokens.values()].map((token) => ({ ...token, scopes: [...token.scopes] })),
    grants: Object.fromEntries([...state.grants].map(([key, granted]) => [key, [...granted]])),
    deviceCodes: [...state.deviceCodes.values()].map((code) => ({
      ...code,
      scopes: code.scopes && [...code.scopes],
      decision:
        code.decision?.kind === 'approved'
          ? { ...code.decision, scopes: [...code.decision.scopes] }
          : code.decision,
    })),
  };
  return `${JSON.stringify(content)}\n`;
}

/** Writes beside the file and renames, so that a crash leaves the old content or the new one. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function beforeEnd(response: Response, run: () => void): void {
  const end = response.end.bind(response);
  response.end = (chunk?: unknown): Response => {
    response.end = end;
    run();
    return end(chunk);
  };
}
