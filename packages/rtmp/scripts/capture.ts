import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { createRtmpSession } from '../src/index.ts';

/** `node scripts/capture.ts FILE`: keeps what ffmpeg sends to publish two seconds of a small test picture with a tone. */
const [, , file] = process.argv;
if (file === undefined) throw new Error('name a file');
const kept: Buffer[] = [];
const server = net.createServer((socket) => {
  const session = createRtmpSession((length) => new Uint8Array(length));
  socket.on('data', (bytes: Buffer) => {
    kept.push(bytes);
    for (const event of session.receive(bytes)) {
      if (event.kind === 'send') socket.write(event.bytes);
      else if (event.kind === 'publish') socket.write(session.accept());
    }
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const source = '-f lavfi -i testsrc2=size=64x36:rate=10 -f lavfi -i sine=sample_rate=22050';
const coding = `-t 2 -c:v libx264 -preset ultrafast -g 10 -c:a aac -b:a 16k -f flv rtmp://127.0.0.1:${port}/live/fixture`;
const child = spawn('ffmpeg', `-hide_banner -loglevel error ${source} ${coding}`.split(' '), {
  stdio: 'inherit',
});
await once(child, 'close');
server.close();
await writeFile(file, Buffer.concat(kept));
