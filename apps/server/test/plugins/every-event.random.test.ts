import { setImmediate } from 'node:timers/promises'
import { allContracts, type CloudEvent, type Contract } from '@belfry/contracts'
import { createHost, type Profile } from '@belfry/core'
import { drawsOfTest, randomTimeout, secondsOf } from '@belfry/test-services/random'
import { describe, expect, it } from 'vitest'
import plugins from '../../src/plugins.ts'
import { largestData, randomData } from './data-of.ts'

const host = createHost({ plugins, strict: true })
const READERS: readonly (Profile | undefined)[] = [
  { locale: 'en', timeZone: 'America/New_York' },
  { locale: 'de', timeZone: 'Europe/Berlin' },
  { locale: 'en-IN', timeZone: 'Asia/Kolkata' },
  { locale: 'de-AT', timeZone: 'Pacific/Auckland' },
  { locale: 'ar', timeZone: 'Africa/Cairo' },
  undefined,
]

/** What people see nothing of. */
const BLANK = /^[\s\p{Cf}]*$/u

const eventOf = ({ type }: Contract, data: unknown): CloudEvent => ({
  specversion: '1.0',
  source: '/test',
  id: 'e1',
  type,
  time: '2026-05-01T08:00:00Z',
  data,
})

/** Whether a link leads to the page of an id of the data, or to the account, as a client resolves it. */
function leadsToAnId(link: string | undefined, data: unknown): boolean {
  const { pathname, search, hash } = new URL(link ?? '', 'https://example.org')
  const [, kind, id = '', ...rest] = pathname.split('/')
  if (pathname !== link || search + hash !== '' || rest.length > 0) return false
  return kind === 'account' || JSON.stringify(data).includes(JSON.stringify(decodeURIComponent(id)))
}

/** Gives an event to its plugin, follows the links of its messages, and renders them for each reader. Returns what went wrong. */
async function wrongWith(event: CloudEvent, contract: Contract): Promise<readonly string[]> {
  const [outcome] = await host.dispatch([{ event, contract }])
  const wrong = (outcome?.failures ?? []).map(({ error }) => error.message)
  for (const { plugin, effects } of outcome?.effects ?? [])
    for (const effect of effects) {
      if (effect.kind !== 'notify') continue
      if (plugin !== 'notification' && !leadsToAnId(effect.link, event.data)) wrong.push(`leads to ${effect.link}`)
      for (const reader of READERS) {
        const { title, body } = host.render({ plugin, message: effect.message, parameters: effect.parameters }, reader)
        const text = `${title} ${body}`
        if (BLANK.test(title) || BLANK.test(body) || /undefined|NaN|Invalid Date|\[object/.test(text)) wrong.push(text)
      }
    }
  return wrong
}

describe.each(allContracts.map((contract) => [contract.type, contract] as const))('%s', (_type, contract) => {
  it('is decided and told where every field is as large as it may be', async () => {
    const checked = contract.check(eventOf(contract, largestData(contract.schema)))
    if (!checked.ok) expect(checked.problems).toEqual([])
    else expect(await wrongWith(checked.event, contract)).toEqual([])
  })

  it('is decided and told whatever is in it that its contract accepts', { timeout: randomTimeout() }, async () => {
    const draws = drawsOfTest()
    const end = performance.now() + (1_000 * secondsOf(10)) / allContracts.length
    let accepted = 0
    for (let tries = 0; tries < 20 || performance.now() < end; tries++) {
      const checked = contract.check(eventOf(contract, randomData(contract.schema, draws)))
      if (!checked.ok) continue
      accepted++
      const wrong = await wrongWith(checked.event, contract)
      // What waits for a turn of the event loop would fill the memory.
      await setImmediate()
      expect({ data: checked.event.data, wrong }).toEqual({ data: checked.event.data, wrong: [] })
    }
    expect(accepted).toBeGreaterThan(0)
  })
})
