import type { Admin, Kafka } from 'kafkajs'

/** An admin of kafkajs that connects when it is needed, and is replaced after it has failed. */
export interface AdminWhenNeeded {
  use<T>(call: (admin: Admin) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export function createAdmin(kafka: Kafka): AdminWhenNeeded {
  let connected: Promise<Admin> | undefined
  const connect = async (): Promise<Admin> => {
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }
  const letGo = async (old: Promise<Admin> | undefined) => {
    const admin = await old?.catch(() => undefined)
    await admin?.disconnect().catch(() => {})
  }
  return {
    async use(call) {
      connected ??= connect()
      const mine = connected
      try {
        return await call(await mine)
      } catch (error) {
        if (connected === mine) connected = undefined
        void letGo(mine)
        throw error
      }
    },
    async close() {
      const last = connected
      connected = undefined
      await letGo(last)
    },
  }
}
