import { defineConfig } from 'drover'

const worker = (queue) => ({
  command: `node worker.js --queue ${queue}`,
  restart: 'on-failure',
  giveUpAfter: 'never',
})

export default defineConfig({
  defaults: { env: { NODE_ENV: 'production' }, stop: { grace: '30s' } },
  programs: {
    'app:web': {
      command: ['node', 'server.js'],
      processes: 2,
      stdout: './logs/web.{index}.log',
      stderr: 'merge',
    },
    'app:mail': worker('mail'),
    'app:invoice': worker('invoice'),
  },
})
