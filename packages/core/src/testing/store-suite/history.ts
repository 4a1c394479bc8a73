import assert from 'node:assert/strict'
import { happen, notify } from '../batches.ts'
import { defineRules } from './define-rules.ts'

const { rule, rules } = defineRules()

rule('has another epoch once it is renewed, and another again', async (store) => {
  const epochs = [store.history.epoch]
  for (let times = 0; times < 2; times++) {
    await store.history.renew()
    epochs.push(store.history.epoch)
  }
  assert.equal(new Set(epochs).size, 3)
  await happen(store, { id: 'e1', effects: [notify('u1')] })
  assert.equal(store.history.epoch, epochs[2])
})

/** The rules of a history: its name. */
export const history = rules
