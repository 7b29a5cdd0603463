import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's end of a WebSocket (RFC 6455), as far as Socket Mode uses it: whole text frames, ping, pong, close. */
export interface Socket {
  send(message: object): void;
  /** Asks the other side to close. */
  close(): void;
  /** Breaks the connection as a network does. */
  cut(): void;
}

export function acceptSocket(
  request: IncomingMessage,
  stream: Duplex,
  { onMessage, onClose }: { onMessage: (message: unknown) => void; onClose: () => void },
): Socket {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  stream.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  let received = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let frame = take(received); frame !== null; frame = take(received)) {
      received = received.subarray(frame.length);
      if (frame.opcode === 1) onMessage(JSON.parse(frame.payload.toString('utf8')));
      else if (frame.opcode === 9) stream.write(frameOf(10, frame.payload));
      else if (frame.opcode === 8) stream.end(frameOf(8, frame.payload));
    }
  });
  stream.on('error', () => stream.destroy());
  stream.on('close', onClose);
  const write = (frame: Buffer): void => void (stream.writable && stream.write(frame));
  return {
    send: (message) => write(frameOf(1, Buffer.from(JSON.stringify(message)))),
    close: () => write(frameOf(8, Buffer.from([0x03, 0xe8]))),
    cut: () => stream.destroy(),
  };
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 255]);
  if (payload.length > 65_535) throw new TypeError('the double sends no frame of more than 64 KiB');
  return Buffer.concat([head, payload]);
}

/** The first whole frame of what came in; clients mask theirs. */
function take(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | null {
  if (bytes.length < 6) return null;
  const short = bytes[1]! & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at + 4) return null;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < at + 4 + size) return null;
  const mask = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + size).map((byte, index) => byte ^ mask[index % 4]!));
  return { opcode: bytes[0]! & 0x0f, payload, length: at + 4 + size };
}
