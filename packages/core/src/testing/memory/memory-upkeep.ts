import type { Change } from '../../ports/inboxes.ts'
import type { UpkeepSteps } from '../../ports/upkeep-steps.ts'
import type { WriteRules } from './apply-batch.ts'
import { iso, type MemoryState, noCounts } from './memory-state.ts'
import { pruneBlocked } from './memory-topics.ts'
import { stepFanOuts } from './step-fan-outs.ts'

export function upkeepRole(rules: WriteRules): UpkeepSteps {
  const { state } = rules
  const { inboxes, people, letters } = state
  return {
    fanOut: async (at, limit) => stepFanOuts({ ...rules, at, counts: noCounts() }, limit),
    expire: async (at, limit) => expire(state, at, limit),
    async retain(retention) {
      let deleted = 0
      const changes = inboxes.changesOf(() => {
        for (const [, inbox] of inboxes.entries()) deleted += inbox.retain(retention)
      })
      return { changes, deleted }
    },
    async prune({ identities, others }) {
      const gone = pruneIdentities(state, identities) + pruneBlocked(state)
      return gone + letters.removeAll(({ at }) => Date.parse(at) < others) + people.prune(others)
    },
    nameLetters: async () => false,
  }
}

/** Withdraws what expired first, at most `limit`. */
function expire({ inboxes }: MemoryState, at: number, limit: number): readonly Change[] {
  const due = inboxes.entries().flatMap(([person, inbox]) => inbox.due(at).map((row) => ({ person, inbox, row })))
  const orderOf = ({ person, row: { shown } }: (typeof due)[number]) =>
    `${iso(Date.parse(shown.expiresAt ?? ''))} ${person} ${String(shown.seq).padStart(9, '0')}`
  const first = due.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)).slice(0, limit)
  first.sort((a, b) => a.row.shown.seq - b.row.shown.seq)
  return inboxes.changesOf(() => {
    for (const { inbox, row } of first) inbox.withdraw(row, at)
  })
}

/** Deletes the identities of events that were applied before this moment (milliseconds since 1970); returns how many. */
function pruneIdentities({ identities }: MemoryState, before: number): number {
  const old = [...identities].filter(([, { at }]) => at < before)
  for (const [identity] of old) identities.delete(identity)
  return old.length
}
