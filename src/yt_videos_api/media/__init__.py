"""ffmpeg and ffprobe: found, judged, and run through a ToolRunner to put files together and to prove them whole."""
