import { readFileSync } from 'node:fs'
import { createKafkaSource } from '../src/index.ts'
import { createLines, createPositions, takeUntil } from './on-kafka.ts'
import { smallBroker } from './small-broker.ts'
import { batchOf } from './wire.ts'

// A program: reads a batch that it is given the file of again and again, and prints how many megabytes it had more at some moment, and has at last.

const [file = '', batches = '1', mode = 'take'] = process.argv.slice(2)
const bytes = readFileSync(file)
const broker = await smallBroker()
const partition = broker.partitions.get('events-0')
const source = createKafkaSource({
  bootstrapServers: [broker.address],
  clientId: 'test',
  groupId: 'g',
  logger: createLines().logger,
})
const positions = createPositions()
await source.open(['events'], positions)
source.resume('events')
partition?.batches.push(await batchOf(0, [0]))
await takeUntil(source, positions, (taken) => taken.length > 0)
const peak = () => process.resourceUsage().maxRSS / 1_024
const quiet = peak()

/** How many offsets a batch of the file has. */
const size = bytes.readInt32BE(23) + 1
for (let index = 0; index < Number(batches); index++) {
  const first = 1 + index * size
  const copy = Buffer.from(bytes)
  copy.writeBigInt64BE(BigInt(first))
  partition?.batches.push({ first, last: first + size - 1, bytes: copy })
}
const end = 1 + Number(batches) * size
const isRead = () => broker.fetched.some(({ offset }) => offset === end)
while (mode === 'wait' && !isRead()) await new Promise((resolve) => setTimeout(resolve, 20))
const taken = mode === 'wait' ? [] : await takeUntil(source, positions, (all) => all.at(-1)?.next === end)
const records = taken.flatMap((chunk) => chunk.records)
const unread = records.filter((record) => record.unread !== undefined).length
const more = Math.round(peak() - quiet)
// V8 frees the buffers of what it has collected only when it collects again.
for (let collected = 0; collected < 3; collected++) globalThis.gc?.()
const held = Math.round(process.memoryUsage().arrayBuffers / 2 ** 20)
console.log(JSON.stringify({ more, held, records: records.length, unread }))
await source.close()
await broker.close()
