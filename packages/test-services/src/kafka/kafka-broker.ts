import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServerProcess } from '../server-process.ts'
import { archiveOf } from './kafka-jars.ts'
import type { Secure } from './kafka-secure.ts'

/** The ports that the brokers of a cluster listen on, in the order of the brokers. */
export interface KafkaPorts {
  readonly plain: readonly number[]
  readonly control: readonly number[]
  /** With TLS and SASL. */
  readonly safe: readonly number[]
}

/** The settings that the brokers of a cluster share. */
export interface KafkaCluster {
  readonly id: string
  /** The folder in which each broker has a folder of its own. */
  readonly folder: string
  readonly jars: string
  readonly ports: KafkaPorts
  readonly secure: Secure | undefined
  /** Further settings: `name=value`. */
  readonly settings: readonly string[]
  /** Further flags of the Java that runs the brokers. */
  readonly flags: readonly string[]
}

/** One broker of a cluster. */
export class KafkaBroker {
  readonly process = new ServerProcess()
  readonly #cluster: KafkaCluster
  readonly #folder: string

  /** Creates the broker's folder and formats its storage. Brokers are numbered from 1. */
  constructor(cluster: KafkaCluster, id: number) {
    this.#cluster = cluster
    this.#folder = join(cluster.folder, String(id))
    mkdirSync(this.#folder)
    const settings = settingsOf(cluster, id, join(this.#folder, 'data'))
    writeFileSync(this.#propertiesFile, `${settings.join('\n')}\n`)
    const format = ['format', '-t', cluster.id, '-c', this.#propertiesFile, ...(cluster.secure?.format ?? [])]
    execFileSync('java', [...javaArguments(cluster.jars), 'kafka.tools.StorageTool', ...format], { stdio: 'pipe' })
  }

  /** Starts the broker unless it runs. It answers only some time later. */
  start(): void {
    if (this.process.isRunning) return
    const { flags, jars } = this.#cluster
    const run = endingWithParent('java', [...flags, ...javaArguments(jars), 'kafka.Kafka', this.#propertiesFile])
    this.process.start(run, this.#folder)
  }

  get #propertiesFile(): string {
    return join(this.#folder, 'server.properties')
  }
}

/** The lines of a broker's server.properties. */
function settingsOf({ ports, secure, settings }: KafkaCluster, id: number, dataFolder: string): readonly string[] {
  const [plain, control, safe] = [ports.plain[id - 1], ports.control[id - 1], ports.safe[id - 1]]
  const count = ports.plain.length
  const voters = ports.control.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',')
  const safeListener = secure === undefined ? '' : `,SAFE://127.0.0.1:${safe}`
  return [
    'process.roles=broker,controller',
    `node.id=${id}`,
    `controller.quorum.voters=${voters}`,
    `listeners=PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${control}${safeListener}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${plain}${safeListener}`,
    'controller.listener.names=CONTROLLER',
    `listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${secure === undefined ? '' : ',SAFE:SASL_SSL'}`,
    `log.dirs=${dataFolder}`,
    `offsets.topic.replication.factor=${count}`,
    'offsets.topic.num.partitions=5',
    `transaction.state.log.replication.factor=${count}`,
    `transaction.state.log.min.isr=${count === 1 ? 1 : 2}`,
    'transaction.state.log.num.partitions=5',
    `default.replication.factor=${count}`,
    'group.initial.rebalance.delay.ms=0',
    // So that a broker that was killed can join again soon.
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    'log.cleaner.dedupe.buffer.size=4194304',
    ...(count === 1 ? [] : ['min.insync.replicas=2']),
    'auto.create.topics.enable=false',
    ...(secure?.settings ?? []),
    ...settings,
  ]
}

/** Flags for a fast start with little memory, the class path, and the archive of loaded classes if there is one. */
function javaArguments(jars: string): readonly string[] {
  const flags = ['-Xmx384m', '-XX:-UsePerfData', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']
  const archive = archiveOf(jars)
  return [...flags, ...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []), '-cp', join(jars, '*')]
}

/** A command that ends when the process that started it ends, for whatever reason. */
function endingWithParent(program: string, args: readonly string[]): [string, readonly string[]] {
  return process.platform === 'linux' ? ['setpriv', ['--pdeathsig=KILL', program, ...args]] : [program, args]
}
