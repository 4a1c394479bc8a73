import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { createKafkaAdmin, type KafkaAdmin } from './kafka-admin.ts'
import { archiveOf, findKafka } from './kafka-jars.ts'
import { makeSecure, type Secure } from './kafka-secure.ts'

/** A real Apache Kafka, of one broker or three, in folders and on ports of its own. */
export interface KafkaServer extends KafkaAdmin {
  /** host:port of each broker, the same over restarts. */
  readonly bootstrap: readonly string[]
  /** How to come in by TLS and SASL, where it was asked for. */
  readonly secure: Secure | undefined
  /** Starts the brokers that do not run, and resolves when they answer. */
  start(): Promise<void>
  /** Kills every broker at once; with SIGTERM each closes what it has before. */
  stop(signal?: 'SIGTERM'): Promise<void>
  /** Kills one broker at once. */
  kill(index: number): Promise<void>
  /** Stops the brokers where they are (SIGSTOP), or lets them go on. */
  freeze(frozen: boolean): void
  /** Ends it, and removes its folders. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface KafkaServerOptions {
  /** How many brokers; with three, topics have three replicas. */
  readonly brokers?: 1 | 3
  /** More settings of the brokers: `name=value`. */
  readonly settings?: readonly string[]
  /** Also listens with TLS and SASL. */
  readonly secure?: boolean
  /** Where the first broker listens; a free port unless it is named. */
  readonly port?: number
  /** More flags of the Java that runs the brokers. */
  readonly flags?: readonly string[]
}

interface Broker {
  readonly folder: string
  readonly port: number
  process?: ChildProcess
  said: string
}

/** Starts Kafka. `findKafka` says whether there is one. */
export async function startKafka({
  brokers: count = 1,
  settings = [],
  secure: wantsSecure = false,
  port,
  flags = [],
}: KafkaServerOptions = {}): Promise<KafkaServer> {
  const jars = findKafka()
  if (jars === undefined)
    throw new Error('Kafka was not found: it needs java on the PATH, and its jars (pnpm services:install)')
  const folder = mkdtempSync(join(tmpdir(), 'belfry-kafka-'))
  const ports: number[] = []
  while (ports.length < 3 * count) {
    const one: number = ports.length === 0 && port !== undefined ? port : await freePort()
    if (!ports.includes(one)) ports.push(one)
  }
  const [plain, control, safe] = [ports.slice(0, count), ports.slice(count, 2 * count), ports.slice(2 * count)]
  const secure = wantsSecure
    ? makeSecure(
        folder,
        safe.map((one) => `127.0.0.1:${one}`),
      )
    : undefined
  // One that began with a dash would be taken for an option.
  const cluster = Buffer.from([0, ...randomBytes(15)]).toString('base64url')
  const voters = control.map((one, index) => `${index + 1}@127.0.0.1:${one}`).join(',')
  const brokers = plain.map((one, index): Broker => {
    const own = join(folder, String(index + 1))
    mkdirSync(own)
    const safeListener = secure === undefined ? '' : `,SAFE://127.0.0.1:${safe[index]}`
    const lines = [
      'process.roles=broker,controller',
      `node.id=${index + 1}`,
      `controller.quorum.voters=${voters}`,
      `listeners=PLAINTEXT://127.0.0.1:${one},CONTROLLER://127.0.0.1:${control[index]}${safeListener}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${one}${safeListener}`,
      'controller.listener.names=CONTROLLER',
      `listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${secure === undefined ? '' : ',SAFE:SASL_SSL'}`,
      `log.dirs=${join(own, 'data')}`,
      `offsets.topic.replication.factor=${count}`,
      'offsets.topic.num.partitions=5',
      `transaction.state.log.replication.factor=${count}`,
      `transaction.state.log.min.isr=${count === 1 ? 1 : 2}`,
      'transaction.state.log.num.partitions=5',
      `default.replication.factor=${count}`,
      'group.initial.rebalance.delay.ms=0',
      // One that was killed is let in again soon.
      'broker.session.timeout.ms=3000',
      'broker.heartbeat.interval.ms=500',
      'log.cleaner.dedupe.buffer.size=4194304',
      ...(count === 1 ? [] : ['min.insync.replicas=2']),
      'auto.create.topics.enable=false',
      ...(secure?.settings ?? []),
      ...settings,
    ]
    writeFileSync(join(own, 'server.properties'), `${lines.join('\n')}\n`)
    const format = ['format', '-t', cluster, '-c', join(own, 'server.properties'), ...(secure?.format ?? [])]
    execFileSync('java', [...javaOf(jars), 'kafka.tools.StorageTool', ...format], { stdio: 'pipe' })
    return { folder: own, port: one, said: '' }
  })
  const bootstrap = plain.map((one) => `127.0.0.1:${one}`)
  const admin = createKafkaAdmin(bootstrap, count)

  const ended = async (broker: Broker, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> => {
    const running = broker.process
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    running.once('exit', () => resolve())
    running.kill(signal)
    await promise
  }
  const start = async (): Promise<void> => {
    for (const broker of brokers) {
      const { process: before } = broker
      if (before !== undefined && before.exitCode === null && before.signalCode === null) continue
      broker.said = ''
      const started = spawn(
        ...endsWithUs('java', [...flags, ...javaOf(jars), 'kafka.Kafka', join(broker.folder, 'server.properties')]),
        { stdio: ['ignore', 'pipe', 'pipe'], cwd: broker.folder },
      )
      broker.process = started
      for (const stream of [started.stdout, started.stderr])
        stream?.on('data', (text) => {
          broker.said = (broker.said + text).slice(-4_000)
        })
    }
    while (!(await admin.answers(count))) {
      const gone = brokers.find(({ process: one }) => one?.exitCode !== null || one.signalCode !== null)
      if (gone !== undefined) throw new Error(`Kafka did not start:\n${gone.said}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const dispose = async () => {
    await Promise.all(brokers.map((broker) => ended(broker)))
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
    ...{ bootstrap, secure, start },
    stop: async (signal) => void (await Promise.all(brokers.map((broker) => ended(broker, signal)))),
    async kill(index) {
      const broker = brokers[index]
      if (broker !== undefined) await ended(broker)
    },
    freeze(frozen) {
      for (const { process: one } of brokers) one?.kill(frozen ? 'SIGSTOP' : 'SIGCONT')
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Java as it starts soonest and needs little, and Kafka's classes: those it has loaded before it need not load again. */
function javaOf(jars: string): readonly string[] {
  const flags = ['-Xmx384m', '-XX:-UsePerfData', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const archive = archiveOf(jars)
  return [...flags, ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []), '-cp', join(jars, '*')]
}

/** A broker ends with whoever started it, however that ends. */
function endsWithUs(program: string, args: readonly string[]): [string, string[]] {
  return process.platform === 'linux' ? ['setpriv', ['--pdeathsig=KILL', program, ...args]] : [program, [...args]]
}
