"""Archive videos from YouTube and every other site yt-dlp knows, behind a job API."""
