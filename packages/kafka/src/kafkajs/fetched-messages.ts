import type { SourceForm, Unread } from '@belfry/core'

/** A record as kafkajs hands it on. */
export interface FetchedMessage {
  readonly magicByte: number
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Absent for our own consumers, which get texts. */
  readonly headers?: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>
  readonly isControlRecord?: boolean
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean }
  /** Its headers, for our own consumers. */
  readonly [TEXTS]?: HeaderTexts
  /** Why it has no bytes. */
  readonly [UNREAD]?: Unread
}

/** Headers as texts, and how they had to be read. */
export interface HeaderTexts {
  readonly headers: Readonly<Record<string, string>>
  readonly forms?: readonly SourceForm[]
}

/** An aborted transaction: the records of this producer, from this offset to its next abort marker, are not handed out. */
export interface Aborted {
  readonly producerId: string
  readonly firstOffset: string
}

/** What is known of a fetched partition beside its messages. */
export interface FetchNotes {
  /** The last offset that was read, whether a record is left there or not; absent where nothing was read. */
  readonly last?: bigint
  readonly aborted?: readonly Aborted[]
  /** Why there are no messages: the broker's error, or why they cannot be decoded. */
  readonly failure?: { readonly error: unknown; readonly unreadable: boolean }
}

/** The field of a message that holds why it was not read. kafkajs hands messages on as they are. */
export const UNREAD: unique symbol = Symbol.for('belfry.kafkajs.unread')

/** The field of a message that holds its headers as texts. */
export const TEXTS: unique symbol = Symbol.for('belfry.kafkajs.texts')

/** The field of a list of messages that holds its notes. kafkajs hands the list on as it is, and nothing else. */
const NOTES: unique symbol = Symbol.for('belfry.kafkajs.notes')

/** Adds notes to a list of messages. */
export function addNotes<Messages extends object>(messages: Messages, more: FetchNotes): Messages {
  return Object.assign(messages, { [NOTES]: { ...notesOf(messages), ...more } })
}

/** Returns the notes of a list of messages. */
export const notesOf = (messages: object): FetchNotes => (hasNotes(messages) ? messages[NOTES] : {})

/** Why a message was not read; undefined where it was. */
export const unreadOf = (message: object): Unread | undefined => (isUnread(message) ? message[UNREAD] : undefined)

/** The headers of a message as texts. */
export const textsOf = (message: object): HeaderTexts => (hasTexts(message) ? message[TEXTS] : none)
const none: HeaderTexts = { headers: {} }

const hasTexts = (message: object): message is { readonly [TEXTS]: HeaderTexts } => TEXTS in message
const hasNotes = (messages: object): messages is { readonly [NOTES]: FetchNotes } => NOTES in messages
const isUnread = (message: object): message is { readonly [UNREAD]: Unread } => UNREAD in message
