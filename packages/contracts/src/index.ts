import type { Contract } from './codec/contract.ts'
import * as booking from './events/booking.ts'
import * as conflict from './events/conflict.ts'
import * as notification from './events/notification.ts'
import * as resource from './events/resource.ts'
import * as user from './events/user.ts'
import * as waitlist from './events/waitlist.ts'

export type { Audience } from './audiences.ts'
export { audienceNamed, bookersOf, everyone, managersOf, withRole } from './audiences.ts'
export type { CloudEvent } from './codec/cloud-event.ts'
export type { Checked, Contract, DataInput, DataOf, EventOf, KafkaMessage, NewEvent } from './codec/contract.ts'
export type { Decoded, KafkaRecord } from './codec/decode-record.ts'
export { decodeRecord } from './codec/decode-record.ts'
export { encodeRecord, keyOf } from './codec/encode-record.ts'
export type { Envelope } from './codec/envelope.ts'
export { decodeEnvelope } from './codec/envelope.ts'
export type { DecodedHttp, HttpEvent } from './codec/http.ts'
export { decodeHttp, encodeHttp } from './codec/http.ts'
export type { EventForm } from './codec/kafka-attributes.ts'
export { momentOf } from './codec/moment.ts'
export type { Problem } from './errors.ts'
export { BelfryError } from './errors.ts'
export { eventErrors } from './event-errors.ts'
export { eventLimits } from './event-limits.ts'
export { defineEvent } from './events/define-event.ts'
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
export type { LinkSchemes } from './link.ts'
export { isLink, isLinkScheme, LINK_EXPECTED, linkSchemes } from './link.ts'

/** All contracts of the platform, by domain. */
export const allContracts: readonly Contract[] = [booking, waitlist, conflict, user, resource, notification].flatMap(
  (domain): readonly Contract[] => Object.values(domain),
)
