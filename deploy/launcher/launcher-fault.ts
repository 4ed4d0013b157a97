/** Why a launcher cannot go on, in words for the person at the terminal; printed without a stack. */
export class LauncherFault extends Error {
  override readonly name = 'LauncherFault';
  /** 2 when the caller can fix it by other arguments or variables, else 1. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}
