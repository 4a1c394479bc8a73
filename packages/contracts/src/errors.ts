/** One thing that is wrong with an input: where, as a JSON pointer (`/data/startsAt`; empty for the whole), and a sentence that says what. */
export interface Problem {
  readonly path: string
  readonly message: string
  /** In the last of a list that is too long to be shown whole: how many others there are. */
  readonly more?: number
}

/** A row of an error table: the sentence, with `{names}` for what differs from case to case, and what to do about it. */
export interface ErrorRow {
  readonly says: string
  readonly remedy: string
  /** The cause may pass by itself: the same call may succeed later. Absent where the same call fails again until something is changed. */
  readonly transient?: true
}

/** Every error that Belfry raises on purpose: `code` is stable and listed in docs/errors.md, `message` starts with it, `problems` names each place. */
export class BelfryError extends Error {
  override readonly name = 'BelfryError'
  readonly code: string
  /** The message without its code. */
  readonly sentence: string
  readonly problems: readonly Problem[]
  /** Whether the same call may succeed later, as the row of the error says. */
  readonly transient: boolean

  constructor(
    code: string,
    sentence: string,
    problems: readonly Problem[],
    { cause, transient = false }: { readonly cause?: unknown; readonly transient?: boolean } = {},
  ) {
    super(`${code}: ${sentence}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.sentence = sentence
    this.problems = problems
    this.transient = transient
  }
}

/** Returns whether the same call may succeed later: `true` for a BelfryError whose row says `transient`, `false` for any other error. */
export function isTransient(error: unknown): error is BelfryError & { readonly transient: true } {
  return error instanceof BelfryError && error.transient
}

type Names<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never
type Blanks<Sentence extends string> = { readonly [N in Names<Sentence>]: string | number }

/** Makes the error of one code from what fills the blanks of its sentence; its row is readable beside. */
export interface MakeError<Code extends string, Row extends ErrorRow> extends ErrorRow {
  (
    blanks: Blanks<Row['says']>,
    more?: { readonly problems?: readonly Problem[]; readonly cause?: unknown },
  ): BelfryError
  readonly code: Code
}

/**
 * Turns a package's error table into functions, one a code, that make the error from what fills the sentence's blanks.
 * The rows stay readable on the functions (`code`, `says`, `remedy`), so docs/errors.md is made from them.
 */
export function defineErrors<const Table extends Readonly<Record<string, ErrorRow>>>(
  table: Table,
): { readonly [Code in keyof Table & string]: MakeError<Code, Table[Code]> } {
  const make = Object.entries(table).map(([code, row]) => {
    const makeError = (
      blanks: Readonly<Record<string, string | number>>,
      more: { problems?: readonly Problem[]; cause?: unknown } = {},
    ) =>
      new BelfryError(
        code,
        row.says.replace(/\{(\w+)\}/g, (_, name: string) => String(blanks[name])),
        more.problems ?? [],
        { cause: more.cause, transient: row.transient ?? false },
      )
    return [code, Object.assign(makeError, { code, ...row })] as const
  })
  // The compiler cannot follow Object.fromEntries: every code of the table has its function, made above from its own row.
  return Object.fromEntries(make) as unknown as {
    readonly [Code in keyof Table & string]: MakeError<Code, Table[Code]>
  }
}
