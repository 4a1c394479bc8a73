import { allContracts, decodeRecord } from '@belfry/contracts'
import { describe, expect, it } from 'vitest'
import { bookingCreated, encodeKafka } from '../../src/load/booking-events.ts'
import { nineteenTypes } from '../../src/load/nineteen-types.ts'

const decode = ({ key, value, headers }: { key: string; value: string; headers: Record<string, string> }) =>
  decodeRecord(
    { key: Buffer.from(key), value: Buffer.from(value), headers, timestamp: 0 },
    new Map(allContracts.map((contract) => [contract.type, contract])),
  )

describe('the events of the load', () => {
  it('are what a producer sends', () => {
    expect(decode(encodeKafka(bookingCreated('round', 7, 3)))).toMatchObject({
      event: { type: 'booking.created', id: 'round-7', data: { userId: 'u3', resourceName: 'R-round-7-' } },
    })
  })

  it('are of all nineteen types where the mix is measured, each time with other ids', () => {
    const types = nineteenTypes(1).map(({ headers }) => headers.ce_type)
    expect(new Set(types)).toEqual(new Set(allContracts.map(({ type }) => type)))
    const ids = [0, 1, 2].flatMap(nineteenTypes).map(({ headers }) => headers.ce_id)
    expect(new Set(ids).size).toBe(57)
  })
})
