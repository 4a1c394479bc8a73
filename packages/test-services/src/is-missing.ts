const isCi = (): boolean => (process.env.CI ?? '') !== ''

/** Whether tests are skipped, because one of what they need was not found. With CI set they run, and fail. */
export const isMissing = (...found: readonly unknown[]): boolean => found.includes(undefined) && !isCi()
