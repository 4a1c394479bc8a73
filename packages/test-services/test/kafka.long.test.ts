import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel, Partitioners, type SASLOptions } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'
import { archiveKafka, findKafka, isMissing, type KafkaServer, startKafka } from '../src/index.ts'

function clientOf(server: KafkaServer, sasl?: SASLOptions): Kafka {
  const { secure, bootstrap } = server
  return new Kafka({
    brokers: [...((sasl && secure?.bootstrap) ?? bootstrap)],
    logLevel: logLevel.NOTHING,
    ...(sasl && secure && { sasl, ssl: { ca: readFileSync(secure.caFile, 'utf8') } }),
  })
}
/** Sends one value and reads all that the topic has, from its start. */
async function sendAndRead(kafka: Kafka, topic: string, value: string, count: number): Promise<readonly string[]> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await producer.send({ topic, acks: -1, messages: [{ value }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: `${topic}-${value}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) })
  await expect.poll(() => values.length).toBe(count)
  await consumer.disconnect()
  return values
}
const processes = (folder: string) =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('kafka.Kafka') && line.includes(folder))

// A broker, or three, are started and stopped: on a busy machine that takes its time.
describe.skipIf(isMissing(findKafka()))('Kafka', { timeout: 240_000 }, () => {
  it('keeps what it has over a hard stop, and leaves nothing behind', async () => {
    // A folder of its own, because others start Kafka at the same time.
    const folder = mkdtempSync(join(tmpdir(), 'belfry-test-'))
    vi.stubEnv('TMPDIR', folder)
    const server = await startKafka()
    await server.createTopic('t')
    expect(await sendAndRead(clientOf(server), 't', 'one', 1)).toEqual(['one'])
    await server.stop()
    await server.start()
    expect(await sendAndRead(clientOf(server), 't', 'two', 2)).toEqual(['one', 'two'])
    await server[Symbol.asyncDispose]()
    expect([readdirSync(folder), processes(folder)]).toEqual([[], []])
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('is kept as Java has loaded it, once, and starts from that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'belfry-test-'))
    symlinkSync(findKafka() ?? '', join(folder, 'jars'))
    vi.stubEnv('BELFRY_TEST_KAFKA_HOME', join(folder, 'jars'))
    const made = () => readdirSync(folder).map((name) => [name, lstatSync(join(folder, name)).ino])
    await archiveKafka()
    const first = made()
    expect(first.map(([name]) => name)).toEqual(['jars', 'jars.jsa'])
    await archiveKafka()
    expect(made()).toEqual(first)
    {
      await using _ = await startKafka()
      const [running = ''] = processes(folder)
      // Linux lists the files that a process has mapped.
      if (process.platform === 'linux')
        expect(readFileSync(`/proc/${running.trim().split(' ')[0]}/maps`, 'utf8')).toContain(join(folder, 'jars.jsa'))
    }
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  it('accepts connections with TLS and every mechanism of SASL', async () => {
    await using server = await startKafka({ secure: true })
    const { secure } = server
    if (secure === undefined) throw new Error('it has no secure listener')
    await server.createTopic('t')
    const { username, password } = secure
    expect(existsSync(secure.caFile)).toBe(true)
    const ways: readonly SASLOptions[] = [
      { mechanism: 'plain', username, password },
      { mechanism: 'scram-sha-256', username, password },
      { mechanism: 'scram-sha-512', username, password },
      { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: secure.token() }) },
    ]
    for (const [index, sasl] of ways.entries())
      expect(await sendAndRead(clientOf(server, sasl), 't', String(index), index + 1)).toHaveLength(index + 1)
    const wrong = clientOf(server, { mechanism: 'plain', username, password: 'another' }).producer()
    await expect(wrong.connect()).rejects.toThrow('Authentication failed')
  })

  it('goes on with two brokers of three', async () => {
    await using server = await startKafka({ brokers: 3 })
    await server.createTopic('t', { config: { 'min.insync.replicas': '2' } })
    await sendAndRead(clientOf(server), 't', 'one', 1)
    await server.kill(2)
    expect(await sendAndRead(clientOf(server), 't', 'two', 2)).toEqual(['one', 'two'])
  })
})
