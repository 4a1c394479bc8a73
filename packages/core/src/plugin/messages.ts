import type { Priority } from './effects.ts'
import type { Malformed, ParametersOfText } from './icu-parameters.ts'

/** What a plugin says on one occasion, in English: ICU MessageFormat, with the priority and category that its notifications have unless the handler says otherwise. */
export interface Message {
  readonly title: string
  readonly body: string
  readonly priority?: Priority
  readonly category?: string
}

/** A plugin's messages by name. */
export type Messages = Readonly<Record<string, Message>>

/** The same occasion in another language. */
export interface TranslatedMessage {
  readonly title: string
  readonly body: string
}

/** A plugin's messages in another language; what is missing is told in English. */
export type Translation<M> = { readonly [N in keyof M]?: TranslatedMessage }

/** What `notify.<message>` asks for: each blank of title and body, by name, with the type of its kind. */
export type ParametersOf<M> = M extends {
  readonly title: infer Title extends string
  readonly body: infer Body extends string
}
  ? Flat<ParametersOfText<Title> & ParametersOfText<Body>>
  : never
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** Refuses, with a sentence, texts that cannot be read and keys that no message has. */
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

/** Refuses, with a sentence, a translation of no message, and one that asks for what its message does not give. */
export type Fits<M, T> = {
  readonly [N in keyof T]: N extends keyof M
    ? ParametersOf<M[N]> extends ParametersOf<T[N]>
      ? T[N]
      : {
          readonly 'this translation asks for parameters that its message does not give': Exclude<
            keyof ParametersOf<T[N]>,
            keyof ParametersOf<M[N]>
          >
        }
    : { readonly 'there is no message of this name to translate': keyof M }
}

/** Checks messages that stand in a file of their own; answers them as they are. */
export function defineMessages<const M extends Messages>(messages: M & Checked<M>): M {
  return messages
}

/** Checks a translation against the messages that it translates; answers it as it is. */
export function defineTranslation<const M extends Messages, const T extends Translation<M>>(
  _of: M,
  texts: T & Fits<M, T>,
): Translation<M> {
  return texts
}
