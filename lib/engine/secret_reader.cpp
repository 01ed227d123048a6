#include "engine/secret_reader.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace holdfast::engine {
namespace {

/// So many files may hang, and others are still read.
constexpr std::size_t most_threads = 4;

/// Who asks for one file at once; more only where nothing is read and everybody has given up waiting.
constexpr std::size_t most_waiting = 256;

} // namespace

SecretReader::SecretReader(boost::asio::io_context& loop, Read read)
    : loop_(loop), read_(std::move(read)), threads_(most_threads) {}

void SecretReader::read(const std::string& path, Done done) {
  auto& waiting = pending_[path];
  // The oldest was given up long ago.
  if (waiting.size() >= most_waiting) waiting.erase(waiting.begin());
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  boost::asio::post(threads_, [this, path] {
    auto secret = read_(path);
    boost::asio::post(loop_, [this, path, secret = std::move(secret)] { has_read(path, secret); });
  });
}

void SecretReader::has_read(const std::string& path, const Result<std::string>& secret) {
  for (const Done& done : std::exchange(pending_[path], {}))
    done(secret);
  pending_.erase(path);
}

} // namespace holdfast::engine
