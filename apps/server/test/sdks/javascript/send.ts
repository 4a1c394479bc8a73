// Sends events with the SDK of CloudEvents for JavaScript. Reads the orders from stdin, and writes the result of each to stdout.
import { json } from 'node:stream/consumers'
import { CloudEvent, emitterFor, HTTP, httpTransport, Kafka, Mode } from 'cloudevents'
import { Kafka as Client, logLevel, Partitioners } from 'kafkajs'
import type { Order, Orders } from '../orders.ts'

const { url, token, bootstrap, topic, orders } = (await json(process.stdin)) as Orders
const authorization = `Bearer ${token}`

const client = new Client({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner })
await producer.connect()

async function post({ headers, body }: { readonly headers: object; readonly body: unknown }): Promise<string> {
  const request = { method: 'POST', headers: { ...headers, authorization }, body: body as string | Uint8Array }
  const response = await fetch(url, request)
  return response.ok ? 'sent' : response.text()
}

/** The emitter of the SDK returns no status, but what was answered. */
async function emit(event: CloudEvent<unknown>, mode: Mode): Promise<string> {
  const emitted = await emitterFor(httpTransport(url), { binding: HTTP, mode })(event, { headers: { authorization } })
  const answer = String(Reflect.get(Object(emitted), 'body'))
  return answer === '{"accepted":1}' ? 'sent' : answer
}

/** The SDK leaves the value an object, and has headers without a value; kafkajs takes neither. */
async function produce({ key, value, headers }: ReturnType<typeof Kafka.binary<unknown>>): Promise<string> {
  const texts = Object.entries(headers).flatMap(([name, text]) => (text === undefined ? [] : [[name, String(text)]]))
  const message = {
    key: String(key),
    value: typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value),
    headers: Object.fromEntries(texts),
  }
  await producer.send({ topic, messages: [message] })
  return 'sent'
}

async function send({ mode, key, event }: Order): Promise<string> {
  const data = mode.endsWith('of bytes') ? Buffer.from(JSON.stringify(event.data)) : event.data
  const type = mode.endsWith('with a type') && { datacontenttype: 'application/json' }
  const made = new CloudEvent<unknown>({ ...event, ...type, data })
  const keyed = made.cloneWith({ partitionkey: key })
  switch (mode.replace(/ of bytes| with a type/, '')) {
    case 'HTTP binary':
      return post(HTTP.binary(made))
    case 'HTTP binary, emitted':
      return emit(made, Mode.BINARY)
    case 'HTTP structured':
      return post(HTTP.structured(made))
    case 'HTTP structured, emitted':
      return emit(made, Mode.STRUCTURED)
    case 'HTTP batch':
      return post({ headers: { 'content-type': 'application/cloudevents-batch+json' }, body: JSON.stringify([made]) })
    case 'Kafka binary':
      return produce(Kafka.binary(keyed))
    case 'Kafka structured':
      return produce(Kafka.structured(keyed))
    default:
      return `unknown mode ${mode}`
  }
}

const results: unknown[] = []
for (const order of orders) results.push(await send(order).catch(String))
await producer.disconnect()
process.stdout.write(JSON.stringify(results))
