import { userCreated } from '@belfry/contracts/user'
import type { EventRef } from './event-ref.ts'

/** Erasing people. */
export interface People {
  /**
   * Deletes everything kept about a person: inbox, profile, memberships, notifications still to arrive, dead letters that name them. Until a
   * later `user.created` no notification reaches them. `at` is milliseconds since 1970. Returns whether anything was kept about them.
   */
  erase(person: string, at: number): Promise<boolean>
  /** The people among these who are erased. */
  erased(people: readonly string[]): Promise<readonly string[]>
}

/**
 * Whether a profile from this event ends the erasure of a person who was erased at `erasedAt` (milliseconds since 1970): only a later
 * `user.created` does (docs/security.md).
 */
export const revives = ({ type, time }: Pick<EventRef, 'type' | 'time'>, erasedAt: number): boolean =>
  type === userCreated.type && Date.parse(time) > erasedAt
