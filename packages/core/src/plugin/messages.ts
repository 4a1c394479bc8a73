import type { Priority } from './effects.ts'
import type { Malformed, ParametersOfText } from './icu-parameters.ts'

/** A text of a plugin in English, in ICU MessageFormat, with the default priority and category of its notifications. */
export interface Message {
  readonly title: string
  readonly body: string
  readonly priority?: Priority
  readonly category?: string
}

/** A plugin's messages by name. */
export type Messages = Readonly<Record<string, Message>>

/** The same text in another language. */
export interface TranslatedMessage {
  readonly title: string
  readonly body: string
}

/** A plugin's messages in another language; missing ones are shown in English. */
export type Translation<M> = { readonly [N in keyof M]?: TranslatedMessage }

/** The parameters of `notify.<message>`: each blank of title and body, by name, with the type of its kind. */
export type ParametersOf<M> = M extends {
  readonly title: infer Title extends string
  readonly body: infer Body extends string
}
  ? Flat<ParametersOfText<Title> & ParametersOfText<Body>>
  : never
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** Refuses, with a sentence, texts that cannot be parsed and keys that a message does not have. */
export type Checked<M> = {
  readonly [N in keyof M]: {
    readonly [K in keyof M[N]]: K extends keyof Message
      ? M[N][K] extends infer Text extends string
        ? K extends 'title' | 'body'
          ? ParametersOfText<Text> extends Malformed<infer Why>
            ? { readonly [S in `this text cannot be read: ${Why}`]: never }
            : M[N][K]
          : M[N][K]
        : M[N][K]
      : { readonly 'a message has title, body, priority and category, and nothing else': never }
  }
}

/** Refuses, with a sentence, a translation that cannot be parsed, that has no message, or whose parameters its message does not have. */
export type Fits<M, T> = {
  readonly [N in keyof T]: N extends keyof M
    ? ParametersOf<M[N]> extends ParametersOf<T[N]>
      ? T[N]
      : ParametersOf<T[N]> extends Malformed<infer Why>
        ? { readonly [S in `this translation cannot be read: ${Why}`]: never }
        : {
            readonly 'this translation uses parameters that its message does not have, or has as another kind': {
              [K in keyof ParametersOf<T[N]>]: ParametersOf<M[N]> extends Readonly<Record<K, ParametersOf<T[N]>[K]>>
                ? never
                : K
            }[keyof ParametersOf<T[N]>]
          }
    : { readonly 'there is no message of this name to translate': keyof M }
}

/** Checks messages that have a file of their own; returns them unchanged. */
export function defineMessages<const M extends Messages>(messages: M & Checked<M>): M {
  return messages
}

/** Checks a translation against the messages that it translates; returns it unchanged. */
export function defineTranslation<const M extends Messages, const T extends Translation<M>>(
  _of: M,
  texts: T & Fits<M, T>,
): Translation<M> {
  return texts
}
