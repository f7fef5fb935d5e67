import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs a call of Pontus and sends it: java Sign.java [--headers] METHOD URL [BODY]. Needs Java 17. */
public final class Sign {
  /** The strong form: covers method, path with query, and body. */
  static String strongSum(
      String key, String method, String path, String nonce, String code, String time, String body)
      throws GeneralSecurityException {
    String digest = hex(MessageDigest.getInstance("SHA-256").digest(bytes(body)));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(bytes(key), "HmacSHA256"));
    return hex(mac.doFinal(bytes(String.join("\n", method, path, nonce, code, time, digest))));
  }

  /** The short form: covers neither method, path nor body. */
  static String shortSum(String key, String nonce, String code, String time)
      throws GeneralSecurityException {
    return hex(MessageDigest.getInstance("SHA-1").digest(bytes(key + nonce + code + time)));
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static String env(String name, String other) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? other : value;
  }

  /** The five headers of a call. */
  static Map<String, String> signatureHeaders(String method, URI url, String body)
      throws GeneralSecurityException {
    String key = env("API_PRIVATE_KEY", "");
    String code = env("API_CLIENT_CODE", "");
    // 128 random bits: never used twice.
    String nonce = env("API_NONCE", new BigInteger(128, new SecureRandom()).toString());
    String time = env("API_EXEC_TIME", String.valueOf(Instant.now().getEpochSecond()));
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    boolean isShort = env("API_FORM", "").equals("sha1");
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("apiPublicKey", env("API_PUBLIC_KEY", ""));
    headers.put("apiClientCode", code);
    headers.put("apiNonce", nonce);
    headers.put("apiExecTime", time);
    headers.put(
        "apiCheckSum",
        isShort
            ? shortSum(key, nonce, code, time)
            : strongSum(key, method, url.getRawPath() + query, nonce, code, time, body));
    return headers;
  }

  public static void main(String[] arguments) throws Exception {
    List<String> args = List.of(arguments);
    boolean isShown = args.get(0).equals("--headers");
    if (isShown) args = args.subList(1, args.size());
    String method = args.get(0);
    URI url = URI.create(args.get(1));
    String body = args.size() > 2 ? args.get(2) : "";
    Map<String, String> headers = signatureHeaders(method, url, body);
    if (isShown) {
      headers.forEach((name, value) -> System.out.println(name + ": " + value));
      return;
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url).method(method, HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    if (!body.isEmpty()) request.header("Content-Type", "application/json");
    // HTTP/1.1: others begin with a request to upgrade.
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    HttpResponse<String> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    System.out.println(response.body());
    if (response.statusCode() >= 300) System.exit(1);
  }
}
