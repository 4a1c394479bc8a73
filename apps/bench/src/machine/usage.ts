import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const MS_PER_TICK = 10

/** Returns the milliseconds of CPU that all threads of a process have used. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** Returns the milliseconds of CPU that a process and all its children have used, also those children that have ended. */
export function cpuMsOfFamily(pid: number): number {
  const fields = statOf(pid)
  const own = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) * MS_PER_TICK
  return childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), own)
}

/** Returns the resident memory of a process in megabytes, and its peak since `resetPeak`. */
export function memoryMbOf(pid: number): { readonly resident: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1_024
  return { resident: field('VmRSS'), peak: field('VmHWM') }
}

/** Lets the peak of the resident memory begin again at what is resident now. */
export const resetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** Whether every thread of a process is stopped. */
export function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    try {
      return /\) [Tt] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))
    } catch {
      // The thread has ended.
      return true
    }
  })
}

/** Returns the parent of a process. */
export const parentOf = (pid: number): number => Number(statOf(pid)[1])

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid)
}

/** The fields after the name of the program, the state first; empty where the process has ended. */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    return Array.from({ length: 20 }, () => '0')
  }
}
