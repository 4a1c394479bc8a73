const STEPS = [1, 2, 5, 10]

/** Returns round numbers from 0 to at least `most`, about `count` of them. */
export function linearTicks(most: number, count: number): readonly number[] {
  if (most <= 0) return [0, 1]
  const magnitude = 10 ** Math.floor(Math.log10(most / count))
  const step = magnitude * (STEPS.find((one) => one * magnitude * count >= most) ?? 10)
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}

/** Returns 1, 2, 5, 10, 20 … from at most `least` to at least `most`, both positive. */
export function logTicks(least: number, most: number): readonly number[] {
  const decades = Array.from(
    { length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 },
    (_, index) => 10 ** (Math.floor(Math.log10(least)) + index),
  )
  const ticks = decades.flatMap((decade) => [1, 2, 5].map((step) => step * decade))
  const first = ticks.findLastIndex((tick) => tick <= least)
  const last = ticks.findIndex((tick) => tick >= most)
  return ticks.slice(Math.max(first, 0), last === -1 ? undefined : last + 1)
}
