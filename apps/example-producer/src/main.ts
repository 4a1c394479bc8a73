import { once } from 'node:events'
import { Kafka, logLevel } from 'kafkajs'
import { Pool } from 'pg'
import { createRelay } from './create-relay.ts'
import { createTables } from './create-tables.ts'
import { serveBookings } from './serve-bookings.ts'

const {
  DATABASE_URL = 'postgres://belfry@127.0.0.1:5432/postgres',
  KAFKA_BROKERS = '127.0.0.1:9092',
  PORT = '3000',
} = process.env

const pool = new Pool({ connectionString: DATABASE_URL })
// The pool replaces idle connections that break; without a listener, their error would end the process.
pool.on('error', (error) => console.error(`Postgres: ${error.message}`))
await createTables(pool)

const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'example-producer', logLevel: logLevel.NOTHING })
const relay = createRelay({
  pool,
  kafka,
  onError: (error) => console.error(`Not sent yet: ${error instanceof Error ? error.message : error}`),
})

const server = serveBookings(pool).listen(Number(PORT), '127.0.0.1')
await once(server, 'listening')
const address = server.address()
console.log(`Send bookings to http://127.0.0.1:${typeof address === 'object' ? address?.port : address}/bookings`)

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    server.close()
    server.closeAllConnections()
    await relay.close()
    await pool.end()
  })
