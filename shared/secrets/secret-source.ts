/** What a look into the file of a secret found; `problem` says what is wrong with it, never what is in it. */
export type SecretReading =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/** A file that holds a secret. */
export interface SecretFile {
  /** The environment variable that the secret stands for; names it in logs and metrics. */
  readonly variable: string;
  readonly path: string;
  /** Reads and judges the file as it is now; never throws. */
  read(): SecretReading;
}

/** A secret as it was when the process started, and the file it came from; without one it never changes. */
export interface SecretSource {
  readonly text: string;
  readonly file?: SecretFile | undefined;
}

/** Looks into the file at once, once a second at most; true when another secret was taken from it. */
export type LookAgain = () => boolean;

/**
 * What a source holds at the start.
 * @throws what `read` throws, naming the variable and the file: a start that fails must say which file it failed on.
 */
export function readAtStart<T>({ text, file }: SecretSource, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (file === undefined || !(error instanceof Error)) throw error;
    throw new Error(`${file.variable} in ${file.path} cannot be used: ${error.message}`, { cause: error });
  }
}
