import { describe, expect, it } from 'vitest'
import type { Instance } from './instance.ts'
import { startServices } from './services.ts'
import { openStage, type Stage } from './stage.ts'

const services = await startServices()

/** Stops a process where it is, at a moment at which it has a transaction of the intake open. */
async function freezeInTransaction({ query }: Stage, instance: Instance) {
  // The last of the statements that it sends together reads the people whom the events name.
  const open = `select pid from pg_stat_activity
    where datname = current_database() and state like 'idle in transaction%' and query like 'select r.named%'`
  for (;;) {
    instance.signal('SIGSTOP')
    if ((await query(open)).length > 0) return
    instance.signal('SIGCONT')
  }
}

describe.skipIf(services === undefined)('an instance that is stopped where it is', () => {
  it('loses nothing and repeats nothing when it goes on after its session has ended', async () => {
    await using stage = await openStage(services)
    const [zombie] = await Promise.all([stage.start({ sessionTimeout: 6_000 }), stage.start({ sessionTimeout: 6_000 })])
    await stage.calm()
    await stage.during(600, async () => zombie.signal('SIGSTOP'))
    // The other has everything by now.
    await stage.settle()
    await stage.during(300, async () => zombie.signal('SIGCONT'))
    await stage.compare()
  })

  it('keeps nobody waiting for ever in the middle of a transaction', async () => {
    await using stage = await openStage(services)
    const zombie = await stage.start({ sessionTimeout: 6_000 })
    await stage.calm()
    await stage.during(600, () => freezeInTransaction(stage, zombie))
    await stage.start({ sessionTimeout: 6_000 })
    await stage.settle(60_000)
    zombie.signal('SIGCONT')
    await stage.during(300, async () => expect(await zombie.ready()).toContain('"status"'))
    await stage.compare()
  })
})
