import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema/tables.ts'

/** A warning names at most this many instances or members. */
const MAX_NAMED = 10

/** What an operator should change in this database, a sentence each. */
export async function databaseWarnings(db: Kysely<Tables>): Promise<readonly string[]> {
  return [...(await openToPublic(db)), ...(await instancesOfBefore(db))]
}

async function openToPublic(db: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select quote_ident(current_database()) as name
    where has_database_privilege('public', current_database(), 'connect')`.execute(db)
  return rows.map(
    ({ name }) =>
      `every role of the server may connect to the database ${name}, receive its notifications and hold its advisory locks: REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC, and grant it to the role of Belfry`,
  )
}

/** Instances of 0.1.0 hold a lock of this name while they listen, and their readers locks that begin so. */
const [LISTENS, READS] = ['belfry_news', 'belfry member ']

async function instancesOfBefore(db: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ hosts: string[]; members: string[] }>`with held as materialized (
      select pid, (classid::bigint << 32) | objid::bigint as key from pg_locks
      where locktype = 'advisory' and objsubid = 1 and granted
        and database = (select oid from pg_database where datname = current_database()))
    select array(select coalesce(host(a.client_addr), 'a socket of the server') || ' (pid ' || h.pid || ')'
        from held h left join pg_stat_activity a on a.pid = h.pid
        where h.key = hashtextextended(${LISTENS}, 1) order by 1 limit ${MAX_NAMED}) as hosts,
      array(select member_id::text from member where lock like ${`${READS}%`}
        and hashtextextended(lock, 1) in (select key from held) order by 1 limit ${MAX_NAMED}) as members`.execute(db)
  const { hosts = [], members = [] } = rows[0] ?? {}
  if (hosts.length + members.length === 0) return []
  const named = [
    ...(hosts.length > 0 ? [`connected from ${hosts.join(', ')}`] : []),
    ...(members.length > 0 ? [`members of the group: ${members.join(', ')}`] : []),
  ]
  return [
    `instances of Belfry 0.1.0 still use this store (${named.join('; ')}): stop them, since they and this version do not receive one another's changes`,
  ]
}
