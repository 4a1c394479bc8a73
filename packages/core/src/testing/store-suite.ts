import type { Render } from '../plugin/render.ts'
import type { Store } from '../ports/store.ts'
import { renderPlainly, start } from './batches.ts'
import { audiences } from './store-suite/audiences.ts'
import { batches } from './store-suite/batches.ts'
import { deadLetters } from './store-suite/dead-letters.ts'
import { expiry } from './store-suite/expiry.ts'
import { fanOuts } from './store-suite/fan-outs.ts'
import { history } from './store-suite/history.ts'
import { inboxes } from './store-suite/inboxes.ts'
import { letterLists } from './store-suite/letter-lists.ts'
import { letterRepeats } from './store-suite/letter-repeats.ts'
import { marks } from './store-suite/marks.ts'
import { people } from './store-suite/people.ts'
import { positions } from './store-suite/positions.ts'
import { reading } from './store-suite/reading.ts'
import { retention } from './store-suite/retention.ts'
import { topics } from './store-suite/topics.ts'
import type { Case } from './suite.ts'

/** Creates an empty store with this renderer and clock (milliseconds since 1970). */
export type MakeStore = (options: { readonly render: Render; readonly clock: () => number }) => Promise<Store>

/** The rules of every store. Each case runs on a store of its own, which it closes. */
export const storeSuite = (): readonly Case<MakeStore>[] =>
  [
    ...batches,
    ...audiences,
    ...inboxes,
    ...expiry,
    ...marks,
    ...reading,
    ...fanOuts,
    ...people,
    ...retention,
    ...deadLetters,
    ...letterLists,
    ...letterRepeats,
    ...positions,
    ...history,
    ...topics,
  ].map(([name, check]) => ({
    name,
    async run(make) {
      const clock = { now: start }
      const store = await make({ render: renderPlainly, clock: () => clock.now })
      try {
        await check(store, clock)
      } finally {
        await store.close()
      }
    },
  }))
