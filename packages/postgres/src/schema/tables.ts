import type { Why } from '@belfry/core'
import type { Generated } from 'kysely'

/** `until`, `at` and the like: written as RFC 3339, read as Date. */
type Moment = Date | string

/** The next offset of each partition that has not been applied. */
export interface PositionTable {
  topic: string
  partition: number
  next: number
  /** The id of the log that it is a position in; null for the embedded log. */
  log: string | null
  /** How far it had been applied when it was moved back within its log, else null. */
  reached: number | null
}

/** Identities of events: what is here has been applied. */
export interface EventTable {
  id: string
  at: Moment
  /** The hash of its type and data; null where an earlier version has applied it. */
  content: Uint8Array | null
}

/** One row a person: the latest number, and how many notifications are unread. */
export interface InboxTable {
  person: string
  head: Generated<number>
  unread: Generated<number>
  read_through: Generated<number>
  /** The number of the change that set `read_through`. */
  read_through_rev: Generated<number>
  /** The highest number that is gone: deleted by retention, or taken by the erasure of a person who was created again. */
  floor: Generated<number>
}

export interface NotificationTable {
  person: string
  seq: number
  rev: number
  plugin: string
  message: string
  category: string | null
  priority: string
  title: string
  body: string
  link: string | null
  data: Record<string, unknown> | null
  key: string | null
  created_at: Moment
  expires_at: Moment | null
  /** The row's own mark; null where the inbox's `read_through` decides. */
  read: boolean | null
  archived: Generated<boolean>
  withdrawn: Generated<boolean>
  withdrawn_at: Moment | null
  /** Event, place and parameters, as `Why` has them. */
  why: Omit<Why, 'plugin' | 'message' | 'audience'>
  audience: string | null
}

export interface ProfileTable {
  person: string
  name: string | null
  locale: string | null
  time_zone: string | null
  roles: string[] | null
  /** The order in which people came. */
  made: Generated<number>
}

/** Who is in an audience, for which reason, until when. */
export interface AudienceMemberTable {
  audience: string
  person: string
  because: string
  until: Moment | null
}

/** What a plugin has withdrawn, for good. */
export interface WithdrawalTable {
  plugin: string
  key: string
  at: Moment
}

export interface DeadLetterTable {
  id: Generated<number>
  topic: string
  partition: number
  offset: number
  event_source: string | null
  event_id: string | null
  type: string | null
  plugin: string | null
  handler: string | null
  code: string
  message: string
  key: Uint8Array | null
  value: Uint8Array | null
  headers: unknown
  recorded_at: Moment
  at: Moment
  /** Later events of the same topic and key that were applied before `letter_key` counted them. */
  followed_by: Generated<number>
  /** Names the row of `letter_key`; null where neither its event nor its record has a key. */
  key_hash: Generated<Uint8Array | null>
  /** What that row had counted when it was written. */
  followed_from: Generated<number>
  /** Hashes of all texts of its record that may be a person; null until they are found out. */
  named: Generated<string[] | null>
  /** Bytes of its record, where not all of them are kept. */
  size: Generated<number | null>
  /** It is cut to the limit once its names are found out. */
  to_cut: Generated<boolean>
  /** What to do about it; null in rows of earlier versions. */
  remedy: Generated<string | null>
  /** What could be read of the identity of a record that could not be decoded. */
  read_source: Generated<string | null>
  read_id: Generated<string | null>
}

/** Events that were applied of a key that has dead letters. */
export interface LetterKeyTable {
  hash: Uint8Array
  events: Generated<number>
}

/** Who is erased, by hash, since when, and how far their inbox had come. */
export interface ErasedTable {
  hash: Uint8Array
  at: Moment
  head: number
}

/** What is still to reach (or to leave) many people: the parts below, or everyone made between `after` and `up_to`. */
export interface FanoutTable {
  id: Generated<number>
  kind: 'notify' | 'withdraw'
  plugin: string
  key: string | null
  effect: unknown
  origin: unknown
  except_people: Generated<string[]>
  after: number | null
  up_to: number | null
  made_at: Generated<Moment>
  /** The last person from whose inbox it has withdrawn; null before its first step. */
  reached: string | null
}

/** At most a thousand people who are still to be told: of one audience, or as named, where the audience has no name. */
export interface FanoutPeopleTable {
  fanout: number
  part: number
  audience: string
  people: string[]
}

/** Topics that an operator has paused. */
export interface PausedTopicTable {
  topic: string
}

/** Events that a plugin is not given again. */
export interface BlockedTable {
  topic: string
  partition: number
  offset: number
  plugin: string
  why: string
}

/** The members of a consumer group. One that has died does not hold its lock any more. */
export interface MemberTable {
  group_id: string
  member_id: string
  /** The name of a lock of their session. */
  lock: string
  since: Generated<Moment>
}

/** The embedded log. */
export interface EventLogTable {
  topic: string
  partition: number
  offset: number
  key: string
  value: string
  headers: Record<string, string>
  at: Moment
}

/** The offset that the next append to a partition takes; its row is locked until the append commits. */
export interface EventLogEndTable {
  topic: string
  partition: number
  next: number
}

/** One row: what names this store's history. */
export interface StoreTable {
  epoch: string
  /** Hashed with the names of people who are erased. */
  salt: Generated<string>
}

export interface Tables {
  position: PositionTable
  event: EventTable
  inbox: InboxTable
  notification: NotificationTable
  profile: ProfileTable
  audience_member: AudienceMemberTable
  withdrawal: WithdrawalTable
  dead_letter: DeadLetterTable
  letter_key: LetterKeyTable
  erased: ErasedTable
  fanout: FanoutTable
  fanout_people: FanoutPeopleTable
  paused_topic: PausedTopicTable
  blocked: BlockedTable
  member: MemberTable
  event_log: EventLogTable
  event_log_end: EventLogEndTable
  store: StoreTable
}
