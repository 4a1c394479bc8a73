import { describe, expect, it } from 'vitest'
import { readCommandLine } from '../src/command-line.ts'

const PARTS = ['drain', 'latency', 'start']
const read = (...args: string[]) => readCommandLine(args, PARTS)

describe('the command line', () => {
  it('runs every part five times unless it is told otherwise', () => {
    expect(read()).toEqual({ command: 'run', parts: PARTS, runs: 5, isQuick: false, only: '' })
    expect(read('start', 'drain', '--runs', '2', '--quick')).toEqual({
      command: 'run',
      parts: ['drain', 'start'],
      runs: 2,
      isQuick: true,
      only: '',
    })
  })

  it('has commands that stand alone', () => {
    expect(read('guard').command).toBe('guard')
    expect(read('readme').command).toBe('readme')
    expect(read('--help').command).toBe('help')
    expect(() => read('guard', 'drain')).toThrow('guard is not a part')
  })

  it('names what it does not understand', () => {
    expect(() => read('drains')).toThrow('drains is not a part: drain, latency, start')
    expect(() => read('--runs', '0')).toThrow('--runs is 0, expected a whole number from 1')
  })
})
