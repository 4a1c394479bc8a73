import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { createKafkaAdmin, type KafkaAdmin } from './kafka-admin.ts'
import { KafkaBroker, type KafkaPorts } from './kafka-broker.ts'
import { findKafka } from './kafka-jars.ts'
import { makeSecure, type Secure } from './kafka-secure.ts'

/** A real Apache Kafka with one broker or three, in folders and on ports of its own. */
export interface KafkaServer extends KafkaAdmin {
  /** host:port of each broker. They stay the same after a restart. */
  readonly bootstrap: readonly string[]
  /** The listener with TLS and SASL, if the options have `secure`. */
  readonly secure: Secure | undefined
  /** Starts the brokers that do not run, and resolves once all answer. */
  start(): Promise<void>
  /** Kills every broker (SIGKILL). With SIGTERM they shut down in order. */
  stop(signal?: 'SIGTERM'): Promise<void>
  /** Kills one broker (SIGKILL). */
  kill(index: number): Promise<void>
  /** Suspends the brokers (SIGSTOP), or continues them. */
  freeze(frozen: boolean): void
  /** Kills the brokers and removes their folders. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface KafkaServerOptions {
  /** The number of brokers; with three, topics have three replicas. */
  readonly brokers?: 1 | 3
  /** Further settings of the brokers: `name=value`. */
  readonly settings?: readonly string[]
  /** Also listens with TLS and SASL. */
  readonly secure?: boolean
  /** The port of the first broker; by default a free one. */
  readonly port?: number
  /** Further flags of the Java that runs the brokers. */
  readonly flags?: readonly string[]
}

/** Starts Kafka. Throws if it is not installed (`findKafka`). */
export async function startKafka(options: KafkaServerOptions = {}): Promise<KafkaServer> {
  const { brokers: count = 1, settings = [], flags = [] } = options
  const jars = findKafka()
  if (jars === undefined)
    throw new Error('Kafka was not found: it needs java on the PATH, and its jars (pnpm services:install)')
  const folder = mkdtempSync(join(tmpdir(), 'belfry-kafka-'))
  const ports = await choosePorts(count, options.port)
  const bootstrap = addressesOf(ports.plain)
  const secure = options.secure === true ? makeSecure(folder, addressesOf(ports.safe)) : undefined
  // The first byte is 0, because an id that begins with a dash would be read as an option.
  const id = Buffer.from([0, ...randomBytes(15)]).toString('base64url')
  const cluster = { id, folder, jars, ports, secure, settings, flags }
  const brokers = ports.plain.map((_, index) => new KafkaBroker(cluster, index + 1))
  const admin = createKafkaAdmin(bootstrap, count)

  const start = async (): Promise<void> => {
    for (const broker of brokers) broker.start()
    while (!(await admin.answers(count))) {
      const ended = brokers.find(({ process }) => !process.isRunning)
      if (ended !== undefined) throw new Error(`Kafka did not start:\n${ended.process.output}`)
      await pass(50)
    }
  }
  const stopAll = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    await Promise.all(brokers.map(({ process }) => process.stop(signal)))
  }
  const dispose = async () => {
    await stopAll()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    ...admin,
    bootstrap,
    secure,
    start,
    stop: stopAll,
    kill: async (index) => brokers[index]?.process.stop('SIGKILL'),
    freeze(frozen) {
      for (const { process } of brokers) process.freeze(frozen)
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Chooses three free ports for each broker. The first port of the first broker is `wanted`, if it is given. */
async function choosePorts(count: number, wanted: number | undefined): Promise<KafkaPorts> {
  const ports = wanted === undefined ? [] : [wanted]
  while (ports.length < 3 * count) {
    const port = await freePort()
    if (!ports.includes(port)) ports.push(port)
  }
  return { plain: ports.slice(0, count), control: ports.slice(count, 2 * count), safe: ports.slice(2 * count) }
}

const addressesOf = (ports: readonly number[]): readonly string[] => ports.map((port) => `127.0.0.1:${port}`)
