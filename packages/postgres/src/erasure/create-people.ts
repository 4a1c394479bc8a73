import type { People } from '@belfry/core'
import type { Database } from '../connect/database.ts'
import type { StoreCalls } from '../connect/store-calls.ts'
import { transact } from '../connect/transact.ts'
import { clearPerson } from './clear-person.ts'
import { erasePerson, findErased, lockErasure } from './erased.ts'

/** The end of people in the store. */
export function createPeople(
  { db, background: backgroundDb, salt }: Pick<Database, 'db' | 'background' | 'salt'>,
  { request, background }: StoreCalls,
): People {
  /** Removes most of what is kept about a person in steps, and then erases them in one transaction. */
  const erase = async (person: string, at: number): Promise<boolean> => {
    const cleared = await clearPerson(backgroundDb, person, salt)
    return transact(backgroundDb, async (trx) => {
      await lockErasure(trx, true)
      return erasePerson(trx, person, at, salt, cleared)
    })
  }
  return {
    erase: (person, at) => background(() => erase(person, at)),
    erased: (people) => request(() => findErased(db, people, salt)),
  }
}
