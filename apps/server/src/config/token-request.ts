import { shown } from '@belfry/contracts/check'
import { ID_EXPECTED, isId } from '@belfry/contracts/fields'
import { serverLimits } from '../limits/server-limits.ts'
import { milliseconds } from './duration.ts'

/** The token that `belfry token` signs. */
export interface TokenRequest {
  readonly person: string
  /** Scopes, separated by spaces. */
  readonly scope?: string
  /** Seconds until it expires. */
  readonly seconds: number
}

const MAX_LIFETIME_SECONDS = serverLimits.TOKEN_DAYS.most * 86_400

/** Reads the token of the command line; returns what is wrong with it, if anything is. */
export function tokenRequestOf({
  person,
  scope,
  expires = '1h',
}: {
  readonly person?: string | undefined
  readonly scope?: unknown
  readonly expires?: unknown
}): TokenRequest | { readonly problems: readonly string[] } {
  const seconds = secondsOf(expires)
  const problems: string[] = []
  if (person === undefined) problems.push('token names no person: belfry token u1')
  else if (!isId(person)) problems.push(`${shown(person)} is not the id of a person, expected ${ID_EXPECTED}`)
  if (typeof scope === 'string' && !/^[\x20-\x7e]{0,256}$/.test(scope))
    problems.push('--scope is not as expected: at most 256 printable characters, separated by spaces')
  if (seconds === undefined)
    problems.push(
      `--expires is ${JSON.stringify(expires)}, expected a duration from 1s to ${serverLimits.TOKEN_DAYS.most}d, such as 30s, 15m, 1h or 7d`,
    )
  if (person === undefined || seconds === undefined || problems.length > 0) return { problems }
  return { person, seconds, ...(typeof scope === 'string' && { scope }) }
}

function secondsOf(duration: unknown): number | undefined {
  if (typeof duration !== 'string' || !/^\d+(\.\d+)?(s|m|h|d)$/.test(duration)) return undefined
  const seconds = Math.floor(milliseconds(duration) / 1_000)
  return seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS ? seconds : undefined
}
