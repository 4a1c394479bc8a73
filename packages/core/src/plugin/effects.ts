/** The urgency of a notification. */
export type Priority = 'low' | 'normal' | 'high'

/**
 * Values that fill the blanks of a message: times are RFC 3339 strings, ranges two of them with `/` between, as ISO 8601 has it, and lists
 * are JSON: what is shown of them, and how many more there are.
 */
export type Parameters = Readonly<Record<string, string | number>>

/** The recipients of an effect: people by id, and audiences by name. Neither list has repeats. */
export interface Recipients {
  readonly people: readonly string[]
  readonly audiences: readonly string[]
}

/** One notification for each person named or in a named audience, however many ways they are named. */
export interface NotifyEffect {
  readonly kind: 'notify'
  readonly message: string
  readonly to: Recipients
  readonly except: Recipients
  readonly parameters: Parameters
  readonly priority: Priority
  readonly category?: string
  /** The name under which this plugin can withdraw it. */
  readonly key?: string
  readonly link?: string
  /** JSON for the client, passed on unchanged. */
  readonly data?: Readonly<Record<string, unknown>>
  /** RFC 3339; after it the notification leaves every list. */
  readonly expiresAt?: string
}

/** Removes the plugin's notifications with the key from every inbox for good; its later notifications with the key are dropped. */
export interface WithdrawEffect {
  readonly kind: 'withdraw'
  readonly key: string
}

/** Adds people to the audience for a reason, until a time (RFC 3339) or without end. The same reason again replaces `until`. */
export interface JoinEffect {
  readonly kind: 'join'
  readonly people: readonly string[]
  readonly audience: string
  readonly because: string
  readonly until?: string
}

/** Ends a reason, for one person or for everyone who is in the audience for it. */
export interface LeaveEffect {
  readonly kind: 'leave'
  readonly audience: string
  readonly because: string
  readonly person?: string
}

/** Removes all people from the audience. */
export interface EndAudienceEffect {
  readonly kind: 'endAudience'
  readonly audience: string
}

/** Replaces the profile that a person's messages are rendered with. People with a profile are the audience `everyone`. */
export interface ProfileEffect {
  readonly kind: 'profile'
  readonly person: string
  readonly profile: Profile
}

/** Deletes everything kept about a person: inbox, profile and memberships. */
export interface EraseEffect {
  readonly kind: 'erase'
  readonly person: string
}

/** What a handler wants done, as data. Effects apply in the order in which the handler returned them. */
export type Effect =
  | NotifyEffect
  | WithdrawEffect
  | JoinEffect
  | LeaveEffect
  | EndAudienceEffect
  | ProfileEffect
  | EraseEffect

/** How a person reads: a BCP 47 locale and an IANA time zone that Intl supports. Without them, English and UTC are used. */
export interface Profile {
  readonly name?: string
  readonly locale?: string
  readonly timeZone?: string
  readonly roles?: readonly string[]
}
