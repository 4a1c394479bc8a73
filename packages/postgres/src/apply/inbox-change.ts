import type { NotifyEffect, Profile } from '@belfry/core'
import type { Arrival } from '../inbox/columns.ts'

/** One thing that an event does to one inbox; it becomes one number. */
export type InboxChange =
  | ({
      readonly kind: 'arrival'
      /** The reader's profile, as far as there is one, as this batch has set it or found it; `stored` where it has yet to be read. */
      readonly reader: Profile | undefined | 'stored'
    } & Arrival)
  | { readonly kind: 'withdrawal'; readonly plugin: string; readonly key: string }

/** The changes of each inbox, in order. */
export type InboxChanges = ReadonlyMap<string, readonly InboxChange[]>

/** Whether a notification has expired before it arrives: it does not arrive then. `at` is milliseconds since 1970. */
export const isExpired = ({ expiresAt }: Pick<NotifyEffect, 'expiresAt'>, at: number): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= at
