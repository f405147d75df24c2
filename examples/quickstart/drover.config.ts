import { defineConfig } from 'drover'

/** Three services that behave as real ones do: one talks a lot, one works and hands over, one crashes now and then. */
export default defineConfig({
  programs: {
    // Writes all the time. Its output is captured, and rotated before it grows too large.
    talker: {
      command: './talker.sh',
      output: { maxSize: '1MB', keep: 3 },
    },

    // Two workers that quit by themselves after some jobs. Each is replaced at once by a new one.
    worker: {
      command: './worker.sh',
      processes: 2,
      stop: { grace: '5s' },
      customData: { team: 'mail' },
    },

    // Fails every now and then. It is started again, slower when it fails again and again.
    crasher: {
      command: './crasher.sh',
      backoff: { kind: 'exponential', initial: '1s', max: '30s' },
    },
  },
})
