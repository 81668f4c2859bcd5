#!/bin/sh
# Makes the sample's stream and pictures again; needs ffmpeg. What it makes is kept with the source, so that
# running the network needs no ffmpeg.
set -eu
cd "$(dirname -- "$0")"
command -v ffmpeg >/dev/null 2>&1 || { printf 'make-hls.sh: ffmpeg is missing: install it first.\n' >&2; exit 1; }

seconds=24
rm -rf hls pictures
mkdir -p hls/360p hls/180p pictures

# bitexact keeps version strings and random ids out, so that the same ffmpeg makes the same files.
exact='-fflags +bitexact -flags:v +bitexact -flags:a +bitexact'

rendition() { # name size video-bitrate audio-bitrate
  ffmpeg -hide_banner -loglevel error -y \
    -f lavfi -i "gradients=size=640x360:rate=24:duration=$seconds:speed=0.02:seed=7:nb_colors=4:c0=0x101828:c1=0x2563eb:c2=0x14b8a6:c3=0xf59e0b" \
    -f lavfi -i "testsrc2=size=192x108:rate=24:duration=$seconds" \
    -f lavfi -i "sine=frequency=220:sample_rate=44100:duration=$seconds" \
    -f lavfi -i "sine=frequency=330:sample_rate=44100:duration=$seconds" \
    -filter_complex "[0:v][1:v]overlay=x=main_w-overlay_w-16:y=main_h-overlay_h-16,scale=$2[v];[2:a][3:a]amix=inputs=2,tremolo=f=0.5:d=0.6,volume=0.4[a]" \
    -map '[v]' -map '[a]' \
    -c:v libx264 -preset veryslow -threads 1 -profile:v main -pix_fmt yuv420p -b:v "$3" -maxrate "$3" -bufsize "$3" \
    -g 48 -keyint_min 48 -sc_threshold 0 \
    -c:a aac -ac 1 -b:a "$4" $exact \
    -f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 -hls_flags independent_segments \
    -hls_fmp4_init_filename init.mp4 -hls_segment_filename "hls/$1/%03d.m4s" "hls/$1/index.m3u8"
}

rendition 360p 640:360 250k 48k
rendition 180p 320:180 90k 32k

cat > hls/master.m3u8 <<'PLAYLIST'
#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=160000,AVERAGE-BANDWIDTH=130000,RESOLUTION=320x180,FRAME-RATE=24.000,CODECS="avc1.4d4015,mp4a.40.2"
180p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=400000,AVERAGE-BANDWIDTH=310000,RESOLUTION=640x360,FRAME-RATE=24.000,CODECS="avc1.4d401f,mp4a.40.2"
360p/index.m3u8
PLAYLIST

picture() { # file filter quality
  ffmpeg -hide_banner -loglevel error -y -f lavfi -i "$2" -frames:v 1 -q:v "$3" $exact "pictures/$1"
}
picture coast.jpg 'gradients=size=1200x675:seed=3:nb_colors=5:c0=0x0f172a:c1=0x1d4ed8:c2=0x67e8f9:c3=0xfde68a:c4=0xfb923c:duration=1' 4
picture set.jpg 'mandelbrot=size=1200x675:maxiter=400:start_scale=0.004:start_x=-0.745:start_y=0.113:outer=normalized_iteration_count,gblur=0.8,hue=h=150:s=0.55:b=-1' 9
picture cells.png 'life=size=300x169:mold=10:ratio=0.12:seed=11:death_color=#0ea5e9:life_color=#f8fafc,scale=900:507:flags=neighbor,trim=start_frame=40' 1
du -sk hls pictures
