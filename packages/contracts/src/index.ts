import * as booking from './booking.ts'
import * as conflict from './conflict.ts'
import type { Contract } from './define-event.ts'
import * as notification from './notification.ts'
import * as resource from './resource.ts'
import * as user from './user.ts'
import * as waitlist from './waitlist.ts'

export type { Audience } from './audiences.ts'
export { audienceNamed, bookersOf, everyone, managersOf, withRole } from './audiences.ts'
export type { CloudEvent } from './cloud-event.ts'
export type { Decoded, KafkaRecord } from './decode-record.ts'
export { decodeRecord, momentOf } from './decode-record.ts'
export type { Contract, DataOf, EventOf, KafkaMessage, NewEvent } from './define-event.ts'
export { defineEvent } from './define-event.ts'
export { encodeRecord, keyOf } from './encode-record.ts'
export type { Envelope } from './envelope.ts'
export { decodeEnvelope } from './envelope.ts'
export type { Problem } from './errors.ts'
export { BelfryError } from './errors.ts'
export { eventErrors } from './event-errors.ts'
export { eventLimits } from './event-limits.ts'
export type {
  BookingId,
  ConflictId,
  Flavored,
  Locale,
  RequestId,
  ResourceId,
  Time,
  TimeZone,
  UserId,
  WaitlistId,
} from './fields.ts'
export type { DecodedHttp, HttpEvent } from './http.ts'
export { decodeHttp, encodeHttp } from './http.ts'
export type { LinkSchemes } from './link.ts'
export { isLink, isLinkScheme, LINK_EXPECTED, linkSchemes } from './link.ts'

/** All contracts of the platform, by domain. */
export const allContracts: readonly Contract[] = [booking, waitlist, conflict, user, resource, notification].flatMap(
  (domain): readonly Contract[] => Object.values(domain),
)
