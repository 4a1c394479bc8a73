/** How urgently a notification wants to be seen. */
export type Priority = 'low' | 'normal' | 'high'

/** Values that fill the blanks of a message: times are RFC 3339 strings and become dates when the text is rendered. */
export type Parameters = Readonly<Record<string, string | number>>

/** Who an effect is for: people by id, and audiences by name. Both lists are without repeats. */
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
  /** JSON for the client, handed on as it is. */
  readonly data?: Readonly<Record<string, unknown>>
  /** RFC 3339; after it the notification leaves every list. */
  readonly expiresAt?: string
}

/** What this plugin sent under the key leaves every inbox for good, and what it sends under it later arrives nowhere. */
export interface WithdrawEffect {
  readonly kind: 'withdraw'
  readonly key: string
}

/** People are in the audience for a reason, until a time (RFC 3339) or without end; the same reason again replaces `until`. */
export interface JoinEffect {
  readonly kind: 'join'
  readonly people: readonly string[]
  readonly audience: string
  readonly because: string
  readonly until?: string
}

/** The reason ends, for one person or for all who are in the audience for it. */
export interface LeaveEffect {
  readonly kind: 'leave'
  readonly audience: string
  readonly because: string
  readonly person?: string
}

/** Nobody is in the audience any more. */
export interface EndAudienceEffect {
  readonly kind: 'endAudience'
  readonly audience: string
}

/** What messages are rendered with; replaces what was known of the person. Whoever has a profile is in the audience `everyone`. */
export interface ProfileEffect {
  readonly kind: 'profile'
  readonly person: string
  readonly profile: Profile
}

/** The end of everything kept about a person: inbox, profile and memberships. */
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

/** How a person reads: a BCP 47 locale and an IANA time zone that Intl knows; English and UTC where they are absent. */
export interface Profile {
  readonly name?: string
  readonly locale?: string
  readonly timeZone?: string
  readonly roles?: readonly string[]
}
