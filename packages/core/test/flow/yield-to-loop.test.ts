import { defineEvent, encodeRecord } from '@belfry/contracts'
import Type from 'typebox'
import { afterEach, expect, it } from 'vitest'
import { createHost, createIntake, definePlugin } from '../../src/index.ts'
import { createMemoryEventLog, createMemoryStore } from '../../src/testing/index.ts'

const COUNT = 60
/** How many events have been checked and handled by now. */
const done = { checked: 0, handled: 0 }
/** What is slow, and takes longer than a few milliseconds without a pause. */
let slow: 'check' | 'handler' = 'check'
const work = (what: 'check' | 'handler') => {
  const until = performance.now() + (what === slow ? 4 : 0)
  while (performance.now() < until);
}

const noteWritten = defineEvent({
  type: 'note.written',
  topic: 'note',
  key: 'noteId',
  data: Type.Object({ noteId: Type.String() }),
  rules() {
    work('check')
    done.checked++
    return []
  },
})
const plugin = definePlugin({
  id: 'p',
  events: { noteWritten },
  messages: { told: { title: '{id}', body: '' } },
  on: {
    noteWritten: ({ id }, { notify }) => {
      work('handler')
      done.handled++
      return [notify.told('u1', { id })]
    },
  },
})

let watching = true
afterEach(() => {
  watching = false
})

/** What `look` shows whenever the event loop turns. */
function watch(look: () => number): ReadonlySet<number> {
  const seen = new Set<number>()
  watching = true
  const again = () => {
    seen.add(look())
    if (watching) setImmediate(again)
  }
  again()
  return seen
}

/** Takes in events of which `what` is slow, and sees how often something else had its turn meanwhile. */
async function expectTurns(what: 'check' | 'handler', count: 'checked' | 'handled') {
  const host = createHost({ plugins: [plugin] })
  const eventLog = createMemoryEventLog()
  const store = createMemoryStore({ render: host.render })
  const intake = createIntake({ source: eventLog.source, store, host, onApplied() {} })
  slow = 'handler'
  const record = (id: string) =>
    encodeRecord(noteWritten.create({ source: '/test', id, data: { noteId: id } }), noteWritten)
  await eventLog.publisher.publish(Array.from({ length: COUNT }, (_, index) => record(`${what} ${index}`)))
  await intake.open(['note'])
  slow = what
  done.checked = 0
  done.handled = 0
  const seen = watch(() => done[count])
  intake.start('note')
  await expect.poll(async () => (await store.inboxes.page('u1', { limit: 200, filter: 'all' })).head).toBe(COUNT)
  const between = [...seen].filter((some) => some > 0 && some < COUNT)
  // A pause after every three or so; on a busy machine after fewer.
  expect(between.length).toBeGreaterThanOrEqual(COUNT / 10)
  await intake.close()
}

it('lets everything else have its turn while many events are decoded', () => expectTurns('check', 'checked'))

it('lets everything else have its turn while many events are handled', () => expectTurns('handler', 'handled'))
