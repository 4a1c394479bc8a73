import { userCreated } from '@belfry/contracts/user'
import type { EventRef } from './event-ref.ts'

/**
 * Whether a profile that this event brings begins somebody anew who was erased at `erasedAt` (milliseconds since 1970): only the
 * creation of a user does, and only a later one (docs/security.md).
 */
export const revives = ({ type, time }: Pick<EventRef, 'type' | 'time'>, erasedAt: number): boolean =>
  type === userCreated.type && Date.parse(time) > erasedAt
