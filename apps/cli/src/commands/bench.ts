import type { DiskOptions } from '../bench/bench-disk.ts';
import type { DnsOptions } from '../bench/bench-dns.ts';
import type { EdgeOptions } from '../bench/bench-edge.ts';
import type { HitsOptions } from '../bench/bench-hits.ts';
import type { LiveOptions } from '../bench/bench-live.ts';
import type { IdleOptions } from '../bench/bench-idle.ts';
import type { PathsOptions } from '../bench/bench-paths.ts';
import type { PeerPoolOptions } from '../bench/bench-peerpool.ts';
import type { ScaleOptions } from '../bench/bench-scale.ts';
import type { StartOptions } from '../bench/bench-start.ts';
import type { SteadyOptions } from '../bench/bench-steady.ts';
import { examples } from '../command.ts';
import type { RegisterCommand } from '../command.ts';

export const registerBench: RegisterCommand = (program, context) => {
  const bench = program
    .command('bench')
    .description(
      'Measurements side by side with what one would pick instead, in the same run on the same machine.',
    );
  examples(bench, ['media bench edge', 'media bench hits', 'media bench idle']);
  examples(
    bench
      .command('edge')
      .summary('hits beside nginx and beside the best that the runtime can do')
      .description(
        "Cache hits of a real edge beside Debian's nginx (proxy_cache, one worker) and beside the floor, a bare server of this runtime that writes the same bytes: requests a processor second, and p99 where both get 70 % of what the slower can do. Ratios are medians of interleaved rounds. Refuses to conclude on a busy machine.",
      )
      .option('--seconds <n>', 'length of one measurement', '3')
      .option('--rounds <n>', 'undisturbed rounds, of which the median counts', '9')
      .option(
        '--peers <which>',
        'nginx, or all: Varnish, Traffic Server, h2o and Caddy as well, where apt has them',
        'nginx',
      )
      .option(
        '--workers <n>',
        'with more than one: an edge of so many workers beside one of one, both on both processors with the load',
        '1',
      )
      .option(
        '--mix',
        'hits among 100,000 objects of the sizes of a web, asked for in a Zipf mix, beside one hot object of the same mean length, and nginx',
      )
      .option('--miss', 'what was never asked for, fetched and kept, beside nginx')
      .option('--anyway', 'measure on a busy machine, too, and count what was disturbed')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: EdgeOptions) => {
        const { benchTheEdge } = await import('../bench/bench-edge.ts');
        await benchTheEdge(options, context);
      }),
    [
      'media bench edge',
      'media bench edge --peers all --json',
      'media bench edge --workers 2',
      'media bench edge --mix',
    ],
  );
  examples(
    bench
      .command('hits')
      .summary("the cache's hit ratio beside other policies")
      .description(
        "Hit ratios of the cache's admission and eviction beside LRU, W-TinyLFU, S3-FIFO and SIEVE, and Belady's optimum, on seeded traces: Zipf 0.8 and 1.0, one with a scan, objects of one weight and of a web's. Exit code 0 when ours is above LRU and within two points of the best of the three on each.",
      )
      .option(
        '--objects <n>',
        'objects asked for by popularity, ten times as often as there are of them',
        '100000',
      )
      .option('--capacity <percent>', "what the cache holds, of the objects' weight", '10')
      .option('--seed <n>', 'of the traces', '1')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: HitsOptions) => {
        const { benchTheHits } = await import('../bench/bench-hits.ts');
        await benchTheHits(options, context);
      }),
    ['media bench hits', 'media bench hits --capacity 5 --json'],
  );
  examples(
    bench
      .command('dns')
      .summary("the guards' name server beside NSD")
      .description(
        "The guards' name server beside Debian's NSD, by dnsperf: answers a processor second for plain queries, for such with a client's subnet (edges chosen by region and share in every answer), and for names whose answers have to be signed. Exit code 0 at half of NSD or more, and 20,000 signed.",
      )
      .option('--seconds <n>', 'length of one measurement', '3')
      .option('--rounds <n>', 'of which the median counts', '5')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: DnsOptions) => {
        const { benchTheNames } = await import('../bench/bench-dns.ts');
        await benchTheNames(options, context);
      }),
    ['media bench dns', 'media bench dns --rounds 9 --json'],
  );
  examples(
    bench
      .command('disk')
      .summary('a start with a full disk, and memory under slow readers')
      .description(
        'How a cache starts whose disk holds a million objects (8 GB are written and removed), and what an edge takes of memory under 500 slow readers of 10 MB. Exit code 0 when it is in use within five seconds, and takes a fifth more than its RAM tier at most.',
      )
      .option('--objects <n>', 'on the disk', '1000000')
      .option('--readers <n>', 'slow ones', '500')
      .option('--dir <path>', 'where the objects are written (default: the folder for temporary files)')
      .option('--json', 'print the figures as one JSON object')
      .action(async (options: DiskOptions) => {
        const { benchTheDisk } = await import('../bench/bench-disk.ts');
        await benchTheDisk(options, context);
      }),
    ['media bench disk', 'media bench disk --objects 100000 --json'],
  );
  examples(
    bench
      .command('idle')
      .summary('what a network does that nobody uses')
      .description(
        'What a network does that nobody uses: requests, processor time and chain transactions an hour, with nothing published and with one site.',
      )
      .option('--seconds <n>', 'how long each is watched', '60')
      .option('--hours <n>', "hours of the network's own clock for which transactions are counted", '3')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: IdleOptions) => {
        const { benchTheIdle } = await import('../bench/bench-idle.ts');
        await benchTheIdle(options, context);
      }),
    ['media bench idle', 'media bench idle --json'],
  );
  examples(
    bench
      .command('live')
      .summary('how far viewers of a live stream are behind, and what a channel costs')
      .description(
        'A media server behind an edge, watched in Chromium by two viewers that share: seconds until it is live, seconds from a picture to the screen, by the numbers in the pictures, with segments of two seconds (2s), of one (1s), with low latency (ll), and with qualities to choose from and a line that becomes narrow (abr). Then processor time for channels of 720p that are passed on, beside node-media-server and nginx-rtmp where they can be installed.',
      )
      .option('--modes <list>', '2s, 1s, ll, abr, or none', '2s,1s,ll,abr')
      .option('--seconds <n>', 'how long each is watched', '30')
      .option('--channels <n>', 'of the comparison; 0 leaves it out', '10')
      .option('--players', 'whether dash.js and Shaka play it, too: installed among temporary files, 210 MB')
      .option('--viewers <n>', 'an audience that shares one channel: how often edges write each segment', '0')
      .option('--edges <n>', 'that the audience is spread over', '2')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: LiveOptions) => {
        const { benchTheLive } = await import('../bench/bench-live.ts');
        await benchTheLive(options, context);
      }),
    [
      'media bench live',
      'media bench live --modes ll --channels 0 --json',
      'media bench live --modes none --channels 0 --viewers 12 --edges 2',
    ],
  );
  examples(
    bench
      .command('paths')
      .summary('what viewers wait for a first byte, by the edge that guards name')
      .description(
        'Viewers in ten places of the world, edges in five, the origin in one, with delay and loss as distances have them: real guards, edges and sockets of this machine, with relays between them. Milliseconds until the first byte, median and p95: of the origin, of an edge at random, of the one that guards name by DNS (by the table of countries, and after pages have measured), and of the nearest on the map; of what edges keep and of what nobody asked for before. Exit code 0 when the edge that guards name is faster than both others. Some four minutes; needs Linux.',
      )
      .option('--networks <n>', "viewers' networks in each place", '4')
      .option('--rounds <n>', 'times that each viewer asks by each choice', '16')
      .option('--windows <n>', 'of 20 seconds in which pages measure', '5')
      .option('--seed <n>', 'of lines, losses and choices', '1')
      .option('--plot <file>', 'draws it as an HTML page of its own')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: PathsOptions) => {
        const { benchThePaths } = await import('../bench/bench-paths.ts');
        await benchThePaths(options, context);
      }),
    ['media bench paths', 'media bench paths --plot paths.html --json'],
  );
  examples(
    bench
      .command('scale')
      .summary('what grows with the number of resources')
      .description(
        'Three guards and three edges with 10, 100 and 1,000 resources, chain, origin and viewers in the same process: how long guards take to let that many new ones be served; processor time and transactions of an hour in which a viewer comes to each; memory; and what each resource more costs.',
      )
      .option('--resources <n...>', 'how many', ['10', '100', '1000'])
      .option('--hours <n>', "hours of the network's own clock, after two to begin with", '2')
      .option(
        '--start <n>',
        'instead: how a guard and an edge, each a process of its own, start with so many resources on chain; exit code 0 within 60 s and 1 GiB',
      )
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: ScaleOptions) => {
        const { benchTheScale } = await import('../bench/bench-scale.ts');
        await benchTheScale(options, context);
      }),
    ['media bench scale', 'media bench scale --resources 10 100 --json', 'media bench scale --start 10000'],
  );
  examples(
    bench
      .command('start')
      .summary('what a short command takes')
      .description(
        'What a short command takes from its start to its end, by the clock and of the processor, beside an empty program of the same runtime (node -e 0): medians of rounds in turns. Half a minute.',
      )
      .option('--rounds <n>', 'rounds, of which the median counts', '9')
      .option('--runs <n>', 'runs of each command in a round', '4')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: StartOptions) => {
        const { benchTheStart } = await import('../bench/bench-start.ts');
        await benchTheStart(options, context);
      }),
    ['media bench start', 'media bench start --json'],
  );
  examples(
    bench
      .command('peerpool')
      .summary('what viewers carry for each other, beside p2p-media-loader and plain hls.js')
      .description(
        "Viewers in Chromium of one stream behind a real edge: with plain hls.js, with p2p-media-loader 2.3.1 (as it comes and at its best settings, installed into the folder for temporary files) and with PeerPool; what the server sends for each second that is played, stalls, start and processor time. live: a stream of 2 s segments; film: four viewers of a film, one after the other, and spread over it; hostile: one of four corrupts, drips, is silent or lies; nginx: a live stream behind nginx, with a tracker beside it and no edge. Needs Chromium and ffmpeg. With --simulated: PeerPool's own decisions and its tracker's for audiences that no machine has browsers for, beside what a scheduler without delay would reach; exit code 0 at 90 % from a thousand viewers on and 95 % from ten thousand, with no more stalls than from the edge alone.",
      )
      .option(
        '--scenario <list>',
        'live, film, hostile, nginx, separated by commas',
        'live,film,hostile,nginx',
      )
      .option('--viewers <list>', 'audiences, separated by commas (default: 6,12; simulated: 3,12,100,1000)')
      .option('--seconds <n>', 'length of a run', '60')
      .option('--runs <n>', 'of each row, of which the median counts', '1')
      .option('--simulated', 'no browsers')
      .option('--segments <n>', 'of two seconds, simulated', '20')
      .option('--seed <n>', 'of viewers and lines, simulated', '1')
      .option('--json', 'print the rows as one JSON object')
      .action(async (options: PeerPoolOptions) => {
        if (options.simulated === true) {
          const { simulateThePeerPool } = await import('../bench/bench-peerpool-simulated.ts');
          return simulateThePeerPool(options, context);
        }
        const { benchThePeerPool } = await import('../bench/bench-peerpool.ts');
        return benchThePeerPool(options, context);
      }),
    [
      'media bench peerpool',
      'media bench peerpool --scenario live --viewers 4 --seconds 30 --json',
      'media bench peerpool --simulated --viewers 10000 --segments 10 --json',
    ],
  );
  examples(
    bench
      .command('steady')
      .summary('an edge under aborts, idle connections, kills and a failing disk')
      .description(
        'A real edge under what breaks caches, each answer compared byte by byte: mixed load with aborts, uploads, garbage and an origin that flaps (mixed); thousands of idle connections (idle); kill -9 in the midst of writing, started again in the same folder (kills); a disk that is full, refuses or is removed (disk). Exit code 0 when no answer was wrong, nothing grew and nothing that was acknowledged is lost.',
      )
      .option('--parts <which>', 'all, or some of mixed, idle, kills, disk', 'all')
      .option('--minutes <n>', 'of mixed load', '10')
      .option('--rate <n>', 'what viewers of the mixed load do a second, all together, at most', '150')
      .option('--connections <n>', 'idle ones, half of them over TLS', '10000')
      .option('--kills <n>', 'lives of the edge that end by SIGKILL', '200')
      .option('--seed <n>', 'of what viewers do, and of the moments of kills', '1')
      .option('--json', 'print the figures as one JSON object')
      .action(async (options: SteadyOptions) => {
        const { benchSteadiness } = await import('../bench/bench-steady.ts');
        await benchSteadiness(options, context);
      }),
    [
      'media bench steady',
      'media bench steady --parts kills --kills 20',
      'media bench steady --parts mixed,disk --minutes 2 --json',
    ],
  );
};
