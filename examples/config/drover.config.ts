import { defineConfig } from 'drover'

const queues = ['mail', 'invoice']

export default defineConfig({
  defaults: { env: { NODE_ENV: 'production' }, stop: { grace: '30s' } },
  programs: {
    'app:web': {
      command: ['node', 'server.js'],
      processes: 2,
      stdout: './logs/web.{index}.log',
      stderr: 'merge',
    },
    ...Object.fromEntries(
      queues.map((queue) => [
        `app:${queue}`,
        {
          command: `node worker.js --queue ${queue}`,
          restart: 'on-failure' as const,
          giveUpAfter: 'never' as const,
        },
      ]),
    ),
  },
})
