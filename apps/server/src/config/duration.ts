import Type from 'typebox'

/** A duration as people write it: a number and ms, s, m, h or d. */
export const Duration = (title: string, value: string) =>
  Type.String({
    title,
    pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)$',
    default: value,
    description: 'a duration, such as 30s, 15m, 24h or 7d',
  })

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A duration of the configuration in milliseconds. */
export function milliseconds(duration: string): number {
  const [, count, unit] = /^([\d.]+)(\D+)$/.exec(duration) ?? []
  return Number(count) * (units[unit ?? ''] ?? Number.NaN)
}
