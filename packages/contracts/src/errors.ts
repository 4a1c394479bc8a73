/** One mistake in an input: its place, as a JSON pointer (`/data/startsAt`; empty for the whole input), and a sentence about it. */
export interface Problem {
  readonly path: string
  readonly message: string
  /** Only in the last entry of a list that was cut: how many problems were left out. */
  readonly more?: number
}

/** A row of an error table: the sentence, with `{names}` for the parts that differ from case to case, and, without such parts, what to do about the error. */
export interface ErrorRow {
  readonly says: string
  readonly remedy: string
  /** The cause may pass by itself: the same call may succeed later. Absent where the same call fails again until something is changed. */
  readonly transient?: true
}

/** Every error that Belfry raises on purpose. `code` is stable and listed in docs/errors.md, `message` starts with it, and `problems` has an entry for each mistake. */
export class BelfryError extends Error {
  override readonly name = 'BelfryError'
  readonly code: string
  /** The message without its code. */
  readonly sentence: string
  readonly problems: readonly Problem[]
  /** Whether the same call may succeed later: `transient` of the error's row. */
  readonly transient: boolean
  /** What to do about it, in sentences: the remedy of the error's row, or that of this case of it. */
  readonly remedy: string | undefined

  constructor(
    code: string,
    sentence: string,
    problems: readonly Problem[],
    {
      cause,
      transient = false,
      remedy,
    }: { readonly cause?: unknown; readonly transient?: boolean; readonly remedy?: string | undefined } = {},
  ) {
    super(`${code}: ${sentence}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.sentence = sentence
    this.problems = problems
    this.transient = transient
    this.remedy = remedy
  }
}

/** Returns whether the same call may succeed later: `true` for a BelfryError whose row has `transient: true`, `false` for any other error. */
export function isTransient(error: unknown): error is BelfryError & { readonly transient: true } {
  return error instanceof BelfryError && error.transient
}

type Names<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never
type Blanks<Sentence extends string> = { readonly [N in Names<Sentence>]: string | number }

/** Makes the error of one code from the values for the blanks of its sentence, and with a `remedy` of this case instead of its row's. It also has the fields of its row. */
export interface MakeError<Code extends string, Row extends ErrorRow> extends ErrorRow {
  (
    blanks: Blanks<Row['says']>,
    more?: { readonly problems?: readonly Problem[]; readonly cause?: unknown; readonly remedy?: string },
  ): BelfryError
  readonly code: Code
}

/**
 * Turns a package's error table into functions, one for each code, that make the error from the values for the blanks of its sentence.
 * Each function has the fields of its row (`code`, `says`, `remedy`), from which docs/errors.md is generated.
 */
export function defineErrors<const Table extends Readonly<Record<string, ErrorRow>>>(
  table: Table,
): { readonly [Code in keyof Table & string]: MakeError<Code, Table[Code]> } {
  const make = Object.entries(table).map(([code, row]) => {
    const makeError = (
      blanks: Readonly<Record<string, string | number>>,
      more: { problems?: readonly Problem[]; cause?: unknown; remedy?: string } = {},
    ) =>
      new BelfryError(
        code,
        row.says.replace(/\{(\w+)\}/g, (_, name: string) => String(blanks[name])),
        more.problems ?? [],
        { cause: more.cause, transient: row.transient ?? false, remedy: more.remedy ?? row.remedy },
      )
    return [code, Object.assign(makeError, { code, ...row })] as const
  })
  // The compiler cannot type Object.fromEntries: each code of the table has a function that was made above from its own row.
  return Object.fromEntries(make) as unknown as {
    readonly [Code in keyof Table & string]: MakeError<Code, Table[Code]>
  }
}
