import type { Time } from '@belfry/contracts'

/*
 * The parameters of a text in ICU MessageFormat, which the compiler reads from its literal type. The text is cut at each opening
 * brace; `Open` is the stack of what is open, innermost first: `t` a text, `a` an argument with options.
 * A union inside an inferring template would be tried one character at a time (gigabytes of memory), so there is none.
 */

/** A text that the compiler finds to be invalid, and why. */
export interface Malformed<Why extends string> {
  readonly malformed: Why
}

/** Two times, of which the first is not after the second. */
export interface TimeRange {
  readonly start: Time
  readonly end: Time
}

/** A value that fills a blank of a text. */
export type Parameter = string | number | TimeRange | readonly string[]

/** The parameters of a text, as `{ name: type }`; `Malformed` if it is invalid; any parameters if its type is not a literal. */
export type ParametersOfText<Text extends string> = string extends Text
  ? Readonly<Record<string, Parameter>>
  : Scan<Unquoted<Text>, 't', unknown>

type Trim<S extends string> = S extends ` ${infer Rest}`
  ? Trim<Rest>
  : S extends `${infer Rest} `
    ? Trim<Rest>
    : S extends `\n${infer Rest}`
      ? Trim<Rest>
      : S extends `${infer Rest}\n`
        ? Trim<Rest>
        : S

/** Removes the quoted parts: in ICU, `''` is an apostrophe, and `'{` opens a quotation that ends at the next apostrophe. */
type Unquoted<S extends string> = S extends `${infer Before}''${infer After}`
  ? Unquoted<`${Before}${After}`>
  : S extends `${infer Before}'{${infer After}`
    ? WithoutQuoted<Before, After>
    : S extends `${infer Before}'}${infer After}`
      ? WithoutQuoted<Before, After>
      : S
type WithoutQuoted<Before extends string, After extends string> = After extends `${string}'${infer Rest}`
  ? Unquoted<`${Before}${Rest}`>
  : Before

type Scan<S extends string, Open extends string, Found> = S extends `${infer Head}{${infer Tail}`
  ? Close<Head, Open> extends `${infer Now}`
    ? Now extends ''
      ? Malformed<`there is a } too many before {${Tail}`>
      : Now extends `a${string}`
        ? Scan<Tail, `t${Now}`, Found>
        : Argument<Tail, Now, Found>
    : never
  : Close<S, Open> extends 't'
    ? Found
    : Close<S, Open> extends ''
      ? Malformed<`there is a } too many in ${S}`>
      : Malformed<'a { is never closed'>

/** What is still open after the closing braces of a piece of text; empty when there is one too many. */
type Close<S extends string, Open extends string> = S extends `${string}}${infer Rest}`
  ? Open extends `${'t' | 'a'}${infer Outer}`
    ? Outer extends ''
      ? ''
      : Close<Rest, Outer>
    : ''
  : Open

type Argument<S extends string, Open extends string, Found> = S extends `${infer Inside}}${infer After}`
  ? Inside extends `${infer Header}{${string}`
    ? Header extends `${infer Name},${infer Kind},${string}`
      ? S extends `${Header}{${infer Options}`
        ? WithOptions<Trim<Name>, Trim<Kind>, Options, Open, Found>
        : never
      : Malformed<`{${Header} opens another { before it is closed`>
    : Inside extends `${infer Name},${infer Kind},${string}`
      ? Simple<Trim<Name>, Trim<Kind>, After, Open, Found>
      : Inside extends `${infer Name},${infer Kind}`
        ? Simple<Trim<Name>, Trim<Kind>, After, Open, Found>
        : Simple<Trim<Inside>, 'text', After, Open, Found>
  : Malformed<'a { is never closed'>

/** What fills the blank of an argument, by its kind. */
interface SimpleKinds {
  readonly text: string
  readonly number: number
  readonly date: Time
  readonly time: Time
  readonly moment: Time
  readonly range: TimeRange
  readonly list: readonly string[]
}
interface KindsWithOptions {
  readonly plural: number
  readonly selectordinal: number
  readonly select: string
}

type Simple<
  Name extends string,
  Kind extends string,
  After extends string,
  Open extends string,
  Found,
> = Name extends ''
  ? Malformed<'an argument has no name: {}'>
  : Kind extends keyof SimpleKinds
    ? Scan<After, Open, Found & { readonly [N in Name]: SimpleKinds[Kind] }>
    : Malformed<`{${Name}, ${Kind}} has an unknown type, expected number, date, time, moment, range, list, plural, selectordinal or select`>

type WithOptions<
  Name extends string,
  Kind extends string,
  Options extends string,
  Open extends string,
  Found,
> = Kind extends keyof KindsWithOptions
  ? Scan<Options, `ta${Open}`, Found & { readonly [N in Name]: KindsWithOptions[Kind] }>
  : Malformed<`{${Name}, ${Kind}, …{ has an unknown type with options, expected plural, selectordinal or select`>
