import { randomBytes } from 'node:crypto'
import { allContracts } from '@belfry/contracts'
import { installKafka, startKafka, startPostgres } from '@belfry/test-services'
import { Client } from 'pg'
import { parentOf } from '../machine/usage.ts'

const PARTITIONS = 6
const POSTGRES_SETTINGS = ['max_connections=200', 'shared_buffers=256MB', 'max_wal_size=4GB']

/** The real Kafka and Postgres that every peer runs on. */
export interface Services {
  readonly brokers: readonly string[]
  /** The process id of Postgres, whose children are all its processes. */
  readonly postgresPid: number
  /** Creates a database and topics that no other run uses. */
  createPlace(): Promise<Place>
  [Symbol.asyncDispose](): Promise<void>
}

/** What one run of one peer has for itself. */
export interface Place {
  readonly id: string
  readonly brokers: readonly string[]
  readonly postgresPid: number
  /** The address of its database. */
  readonly postgres: string
  /** The physical name of each topic. */
  readonly topics: ReadonlyMap<string, string>
  /** Runs a statement in its database, and returns the rows. */
  query(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  /** Drops the database and the topics. */
  [Symbol.asyncDispose](): Promise<void>
}

const topics = [...new Set(allContracts.map(({ topic }) => topic))]

/** Starts Kafka and Postgres. Postgres does not wait for the disk (`fsync=off`), the same for every peer. */
export async function openServices(): Promise<Services> {
  installKafka()
  await using opened = new AsyncDisposableStack()
  const postgres = opened.use(await startPostgres(POSTGRES_SETTINGS))
  const kafka = opened.use(await startKafka())
  const postgresPid = await withClient(postgres.url(), async (client) => {
    const { rows } = await client.query('select pg_backend_pid() as pid')
    return parentOf(rows[0].pid)
  })
  const kept = opened.move()
  return {
    brokers: kafka.bootstrap,
    postgresPid,
    async createPlace() {
      const id = randomBytes(4).toString('hex')
      const url = await postgres.createDatabase(`bench_${id}`)
      const physical = new Map(topics.map((name) => [name, `${name}.${id}`]))
      for (const name of physical.values()) await kafka.createTopic(name, { partitions: PARTITIONS })
      return {
        id,
        brokers: kafka.bootstrap,
        postgresPid,
        postgres: url,
        topics: physical,
        query: (statement) => query(url, statement),
        async [Symbol.asyncDispose]() {
          await query(postgres.url(), `drop database bench_${id} with (force)`)
          for (const name of physical.values()) await kafka.deleteTopic(name)
        },
      }
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

/** Returns the physical name of a topic. */
export function topicOf({ topics: physical }: Place, name: string): string {
  const found = physical.get(name)
  if (found === undefined) throw new Error(`${name} is not a topic`)
  return found
}

async function query(url: string, statement: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return withClient(url, async (client) => (await client.query(statement)).rows)
}

async function withClient<T>(connectionString: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
