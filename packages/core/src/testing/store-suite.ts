import type { Render } from '../plugin/render.ts'
import type { Store } from '../ports/store.ts'
import { renderPlainly, start } from './batches.ts'
import { applying } from './store-suite/applying.ts'
import { audiences } from './store-suite/audiences.ts'
import { erasure } from './store-suite/erasure.ts'
import { fanOuts } from './store-suite/fan-outs.ts'
import { inboxes } from './store-suite/inboxes.ts'
import { letters } from './store-suite/letters.ts'
import { marks } from './store-suite/marks.ts'
import { reading } from './store-suite/reading.ts'
import { retention } from './store-suite/retention.ts'
import { takingOver } from './store-suite/taking-over.ts'
import type { Case } from './suite.ts'

/** Makes an empty store with this renderer and clock (milliseconds since 1970). */
export type MakeStore = (options: { readonly render: Render; readonly clock: () => number }) => Promise<Store>

/** What every store promises; each case is run on a store of its own, which it closes. */
export const storeSuite = (): readonly Case<MakeStore>[] =>
  [
    ...applying,
    ...audiences,
    ...inboxes,
    ...marks,
    ...reading,
    ...fanOuts,
    ...erasure,
    ...retention,
    ...letters,
    ...takingOver,
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
